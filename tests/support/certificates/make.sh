#!/bin/sh
# Makes the certificates of the SMTP tests anew: an authority, and three servers that it vouches for. Valid for 100 years.
set -eu
new="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
work=$(mktemp -d)

openssl req -x509 $new -keyout "$work/ca.key" -out ca.pem -days 36500 -subj "/CN=Test authority" \
  -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign

leaf() { # name, subjectAltName, begin, end
  openssl req $new -keyout "$work/$1.key" -out "$work/$1.csr" -subj "/CN=$1"
  cat > "$work/$1.cnf" <<END
[ca]
default_ca = here
[here]
database = $work/$1.index
new_certs_dir = $work
rand_serial = yes
default_md = sha256
policy = any
x509_extensions = server
[any]
commonName = supplied
[server]
subjectAltName = $2
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
END
  : > "$work/$1.index"
  openssl ca -batch -notext -config "$work/$1.cnf" -cert ca.pem -keyfile "$work/ca.key" -startdate "$3" -enddate "$4" \
    -in "$work/$1.csr" -out "$work/$1.crt"
  cat "$work/$1.key" "$work/$1.crt" > "$1.pem"
}

leaf good DNS:localhost,IP:127.0.0.1 20260101000000Z 21251231000000Z
leaf wrong_name DNS:mail.example.net 20260101000000Z 21251231000000Z
leaf expired DNS:localhost,IP:127.0.0.1 20200101000000Z 20200201000000Z
rm -r "$work"
