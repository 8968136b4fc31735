// SPDX-License-Identifier: GPL-2.0-only
// node trace_processor.js WEB_DIST_VERSION_DIR TRACE: Perfetto's own trace processor over a trace.
// Takes a JSON string a line, SQL, and answers with a line: a JSON array of rows. The engine is the one that the UI runs in a worker.
"use strict";
const fs = require("fs"), path = require("path"), vm = require("vm");
const [, , dist, trace] = process.argv;

class XMLHttpRequest { // the engine loads its wasm with a synchronous request
  open(_method, url) { this.url = url; }
  send() { this.response = fs.readFileSync(path.join(dist, path.basename(this.url))); }
}
globalThis.XMLHttpRequest = XMLHttpRequest;
globalThis.self = globalThis;
globalThis.location = { href: "file:///" };
globalThis.importScripts = () => {};
globalThis.WorkerGlobalScope = function () {};
const realLog = console.log;
console.log = console.warn = () => {};
const hidden = globalThis.process;
globalThis.process = undefined; // else it would take itself for one that runs in node
vm.runInThisContext(fs.readFileSync(path.join(dist, "engine_bundle.js"), "utf8"), { filename: "engine_bundle.js" });
globalThis.process = hidden;

const varint = value => { const out = []; let left = BigInt(value); do { let byte = Number(left & 127n); left >>= 7n; out.push(left ? byte | 128 : byte); } while (left); return out; };
const field = (number, content) => Buffer.concat([Buffer.from(varint(number << 3 | 2)), Buffer.from(varint(content.length)), Buffer.from(content)]);
const plain = (number, value) => Buffer.from([...varint(number << 3), ...varint(value)]);

function* parse(data) { // [field, value]: a BigInt or a Buffer
  let at = 0;
  const number = () => { let value = 0n, shift = 0n, byte; do { byte = data[at++]; value |= BigInt(byte & 127) << shift; shift += 7n; } while (byte & 128); return value; };
  while (at < data.length) {
    const tag = Number(number()), kind = tag & 7;
    if (kind === 0) yield [tag >> 3, number()];
    else if (kind === 1) { yield [tag >> 3, data.subarray(at, at + 8)]; at += 8; }
    else if (kind === 2) { const length = Number(number()); yield [tag >> 3, data.subarray(at, at + length)]; at += length; }
    else throw new Error("wire type " + kind);
  }
}

let pending = Buffer.alloc(0), waiting = [];
const port = { onmessage: null, postMessage(bytes) {
  pending = Buffer.concat([pending, Buffer.from(bytes)]);
  for (const [, message] of parse(pending)) {
    const done = waiting[0](message);
    if (done) waiting.shift();
  }
  pending = Buffer.alloc(0);
} };
let sequence = 0;
function call(method, content, take) {
  return new Promise(resolve => {
    waiting.push(message => { const done = take(message); if (done) resolve(); return done; });
    port.onmessage({ data: new Uint8Array(field(1, Buffer.concat([plain(1, ++sequence), plain(2, method), content]))) });
  });
}

async function query(sql) {
  const rows = [];
  let columns = [], row = [], problem = "";
  await call(3, field(103, field(1, Buffer.from(sql))), message => {
    let last = false;
    for (const [number, value] of parse(message)) if (number === 203) for (const [part, content] of parse(value)) {
      if (part === 1) columns.push(content.toString());
      else if (part === 2) { problem = content.toString(); last = true; }
      else if (part === 3) {
        let cells = [], numbers = [], floats = [], strings = [];
        for (const [kind, data] of parse(content)) {
          if (kind === 1) cells = [...data];
          else if (kind === 2) { let at = 0; while (at < data.length) { let value = 0n, shift = 0n, byte; do { byte = data[at++]; value |= BigInt(byte & 127) << shift; shift += 7n; } while (byte & 128); numbers.push(BigInt.asIntN(64, value)); } }
          else if (kind === 3) for (let at = 0; at < data.length; at += 8) floats.push(data.readDoubleLE(at));
          else if (kind === 5) strings = data.toString().split("\0");
          else if (kind === 6) last = data === 1n;
        }
        for (const cell of cells) {
          row.push(cell === 1 ? null : cell === 2 ? Number(numbers.shift()) : cell === 3 ? floats.shift() : strings.shift());
          if (row.length === columns.length) { rows.push(row); row = []; }
        }
      }
    }
    return last;
  });
  if (problem) throw new Error(problem);
  return rows;
}

(async () => {
  globalThis.onmessage({ data: port });
  await new Promise(resolve => setTimeout(resolve, 0));
  const data = fs.readFileSync(trace);
  for (let at = 0; at < data.length; at += 1 << 24)
    await call(1, field(101, data.subarray(at, at + (1 << 24))), message => { for (const [number] of parse(message)) if (number === 201) return true; return false; });
  await call(2, Buffer.alloc(0), () => true);
  for await (const line of require("readline").createInterface({ input: process.stdin })) realLog(JSON.stringify(await query(JSON.parse(line))));
  process.exit(0);
})().catch(error => { console.error(error.stack); process.exit(1); });
