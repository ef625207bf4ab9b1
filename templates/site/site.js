// What pages do more easily with a script; each works without it.
"use strict";
