// The crawl by hand on Node, with the converter that keeps most: `node crawl_defuddle.mjs URL PAGES`.
import { Defuddle } from "defuddle/node";
import { parseHTML } from "linkedom";

const [start, pages] = [process.argv[2], Number(process.argv[3])];
const site = start.slice(0, start.lastIndexOf("/") + 1);
const [waiting, seen] = [[start], new Set([start])];
let [begun, done] = [0, 0];
console.warn = console.error = () => {};

async function visit(url) {
  const html = await (await fetch(url)).text();
  const { document } = parseHTML(html);
  for (const link of document.querySelectorAll("a[href]")) {
    const found = new URL(link.getAttribute("href"), url).href.split("#")[0];
    if (found.startsWith(site) && found.endsWith(".html") && !seen.has(found)) {
      seen.add(found);
      waiting.push(found);
    }
  }
  await Defuddle(document, url, { markdown: true });
  done += 1;
}

const underWay = new Set();
while ((waiting.length || underWay.size) && done < pages) {
  while (waiting.length && underWay.size < 10 && begun < pages) {
    begun += 1;
    const visiting = visit(waiting.shift()).then(() => underWay.delete(visiting));
    underWay.add(visiting);
  }
  await Promise.race(underWay);
}
console.log(JSON.stringify({ pages: done }));
