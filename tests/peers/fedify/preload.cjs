// Loaded by `node --require`: every name under .test is this machine, so that peers need neither DNS nor /etc/hosts.
"use strict";
const dns = require("node:dns");

const real = dns.lookup;

dns.lookup = function lookup(hostname, options, callback) {
  if (typeof options === "function") [options, callback] = [{}, options];
  if (!hostname.endsWith(".test")) return real.call(dns, hostname, options, callback);
  if (options?.all) return process.nextTick(callback, null, [{ address: "127.0.0.1", family: 4 }]);
  return process.nextTick(callback, null, "127.0.0.1", 4);
};

// Fedify reads `navigator.userAgent`, which Node has only from version 21 on.
globalThis.navigator ??= { userAgent: `Node.js/${process.versions.node}` };
