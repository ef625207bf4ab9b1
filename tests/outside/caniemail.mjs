// What mail programs do not heed in a page: node caniemail.mjs FILE.html prints PROGRAM<tab>FEATURE, one a line.
import fs from "node:fs";
import { caniemail } from "caniemail";

const html = fs.readFileSync(process.argv[2], "utf8");
for (const clients of [["gmail.*"], ["outlook.*"], ["apple-mail.*"], ["yahoo.*"]]) {
  const { issues } = caniemail({ clients, html });
  for (const [client, errors] of issues.errors) {
    for (const title of new Set(errors.map((error) => error.title))) console.log(`${client}\t${title}`);
  }
}
