// One converter over given pages, on Node: `node convert.mjs NAME PAGES.json OUT.json ROUNDS`.
import { readFileSync, writeFileSync } from "node:fs";
import { cpuUsage } from "node:process";

const [name, source, target, rounds] = process.argv.slice(2);
const pages = JSON.parse(readFileSync(source, "utf8"));

async function prepare() {
  if (name === "mdream") {
    const { htmlToMarkdown } = await import("mdream");
    return async (url, html) => String(htmlToMarkdown(html, { origin: new URL(url).origin }));
  }
  const { Defuddle } = await import("defuddle/node");
  const { parseHTML } = await import("linkedom");
  return async (url, html) =>
    (await Defuddle(parseHTML(html).document, url, { markdown: true })).content;
}

const convert = await prepare();
const seconds = [];
let made = [];
console.log = console.warn = console.error = () => {};
for (let round = 0; round <= Number(rounds); round++) {
  const began = cpuUsage();
  made = [];
  for (const [url, html] of pages) made.push(await convert(url, html));
  const { user, system } = cpuUsage(began);
  seconds.push((user + system) / 1e6);
}
writeFileSync(target, JSON.stringify({ seconds: seconds.slice(1), markdown: made }));
