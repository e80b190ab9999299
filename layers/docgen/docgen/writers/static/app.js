// The static site's behaviour: navigation, theme, copying, contents of the page, search.
// Plain script files, no modules and no fetch: both are closed to pages opened from disk.
(function () {
  "use strict";

  document.documentElement.classList.add("scripted");

  var waiting = {};
  var DOCS = {
    // Data files call these two.
    nav: function (entries) { this.entries = entries; ready(drawTree); },
    got: function (name, value) { (waiting[name] || {}).value = value; },
  };
  Object.defineProperty(window, "DOCS", { value: DOCS });

  function ready(action) {
    if (document.body && document.querySelector(".tree")) action();
    else document.addEventListener("DOMContentLoaded", action);
  }

  function make(tag, className, text) {
    var element = document.createElement(tag);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  }

  function remembered(name, value) {
    try {
      if (value === undefined) return localStorage.getItem(name);
      localStorage.setItem(name, value);
    } catch (refused) { /* a browser may keep no storage for files */ }
    return null;
  }

  var up = "", page = -1;

  // Theme: the system's, until the reader chooses.
  var chosen = remembered("docs-theme");
  if (chosen) document.documentElement.dataset.theme = chosen;

  function toggleTheme() {
    var dark = document.documentElement.dataset.theme
      ? document.documentElement.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    document.documentElement.dataset.theme = dark ? "light" : "dark";
    remembered("docs-theme", document.documentElement.dataset.theme);
  }

  var FEW_ENTRIES = 40; // of which all branches are open from the beginning

  // Navigation: one list for the whole site; branches are drawn when they are opened.
  function drawTree() {
    up = document.body.dataset.up;
    page = Number(document.body.dataset.page);
    var root = { children: [] }, above = [root], current = null, count = 0;
    DOCS.entries.forEach(function (line) {
      var node = { label: line[1], href: line[2], children: [], parent: null };
      above.length = line[0] + 1;
      node.parent = above[line[0]];
      node.parent.children.push(node);
      above.push(node);
      if (node.href !== undefined && count++ === page) current = node;
    });
    var isSmall = DOCS.entries.length <= FEW_ENTRIES;
    for (var open = current; open; open = open.parent) open.open = true;
    var tree = document.querySelector(".tree");
    tree.replaceChildren(drawList(root, current, isSmall));
    var mark = tree.querySelector("[aria-current]");
    var side = document.querySelector(".side");
    if (mark && side) side.scrollTop = mark.offsetTop - side.clientHeight / 3;
  }

  function drawList(parent, current, isSmall) {
    var list = make("ul");
    parent.children.forEach(function (node) { list.append(drawEntry(node, current, isSmall)); });
    return list;
  }

  function drawEntry(node, current, isSmall) {
    if (isSmall) node.open = true;
    var item = make("li"), row = make("div", "row");
    var label = make(node.href === undefined ? "span" : "a", "label", node.label);
    if (node.href !== undefined) label.href = up + node.href;
    if (node === current) label.setAttribute("aria-current", "page");
    row.append(label);
    item.append(row);
    if (node.children.length) {
      var button = make("button", "twist");
      button.type = "button";
      button.setAttribute("aria-label", "Pages below " + node.label);
      button.setAttribute("aria-expanded", String(!!node.open));
      var toggle = function () {
        var open = button.getAttribute("aria-expanded") !== "true";
        button.setAttribute("aria-expanded", String(open));
        if (open && !item.querySelector("ul")) item.append(drawList(node, current, isSmall));
      };
      button.addEventListener("click", toggle);
      if (node.href === undefined) label.addEventListener("click", toggle);
      row.append(button);
      if (node.open) item.append(drawList(node, current, isSmall));
    }
    return item;
  }

  function setMenu(open) {
    document.body.classList.toggle("menu-open", open);
    document.querySelector(".menu").setAttribute("aria-expanded", String(open));
  }

  // Code: its language and a button that copies it.
  function dressCode() {
    document.querySelectorAll(".code").forEach(function (block) {
      var button = make("button", "copy", "Copy");
      button.type = "button";
      button.addEventListener("click", function () {
        copy(block.querySelector("code").textContent, function () {
          button.textContent = "Copied";
          setTimeout(function () { button.textContent = "Copy"; }, 1500);
        });
      });
      block.append(button);
    });
  }

  // Only what can be moved sideways is a stop for the keyboard.
  function skipWhatFits() {
    var blocks = Array.from(document.querySelectorAll(".code pre, .table"));
    blocks.filter(function (block) {
      return block.scrollWidth <= block.clientWidth;
    }).forEach(function (block) { block.removeAttribute("tabindex"); });
  }

  function copy(text, done) {
    if (navigator.clipboard && window.isSecureContext) {
      navigator.clipboard.writeText(text).then(done, function () { copyByHand(text, done); });
    } else copyByHand(text, done);
  }

  function copyByHand(text, done) {
    var area = make("textarea", "offscreen");
    area.value = text;
    document.body.append(area);
    area.select();
    if (document.execCommand("copy")) done();
    area.remove();
  }

  // Contents of the page: mark the section that is being read.
  function followReading() {
    var links = Array.from(document.querySelectorAll(".toc a"));
    if (!links.length) return;
    var headings = links.map(function (link) {
      return document.getElementById(decodeURIComponent(link.hash.slice(1)));
    });
    function mark() {
      var at = 0;
      headings.forEach(function (heading, i) {
        if (heading && heading.getBoundingClientRect().top < 120) at = i;
      });
      links.forEach(function (link, i) { link.classList.toggle("active", i === at); });
      var line = links[at].offsetTop, toc = document.querySelector(".toc");
      if (line < toc.scrollTop || line > toc.scrollTop + toc.clientHeight - 60) {
        toc.scrollTop = line - toc.clientHeight / 3;
      }
    }
    var planned = false;
    addEventListener("scroll", function () {
      if (planned) return;
      planned = true;
      requestAnimationFrame(function () { planned = false; mark(); });
    }, { passive: true });
    mark();
  }

  // Search.
  function load(name) {
    if (!waiting[name]) {
      waiting[name] = {};
      waiting[name].promise = new Promise(function (resolve) {
        var script = make("script");
        script.src = up + "_assets/search/" + name + ".js";
        script.onload = script.onerror = function () { resolve(waiting[name].value); };
        document.head.append(script);
      });
    }
    return waiting[name].promise;
  }

  var UNSPACED = /[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]/;

  function words(text) {
    var found = [];
    (text.normalize("NFKC").toLowerCase().match(/[\p{L}\p{N}_]+/gu) || []).forEach(function (word) {
      if (UNSPACED.test(word) && word.length > 1) {
        for (var i = 0; i + 1 < word.length; i++) found.push(word.slice(i, i + 2));
      } else found.push(word);
    });
    return found.slice(0, 12);
  }

  // The files that may hold terms beginning with the prefix.
  function shardsFor(prefix, firsts) {
    var found = [];
    firsts.forEach(function (first, i) {
      var next = firsts[i + 1];
      var begins = first <= prefix || first.startsWith(prefix);
      if (begins && (next === undefined || next > prefix || next.startsWith(prefix))) {
        found.push("terms-" + i);
      }
    });
    return found.slice(0, 4);
  }

  function search(query) {
    var asked = words(query);
    if (!asked.length) return Promise.resolve({ words: asked, hits: [] });
    return load("index").then(function (index) {
      if (!index) return { words: asked, hits: [] };
      return Promise.all(asked.map(function (word, i) {
        return scoresOf(word, i === asked.length - 1, index);
      })).then(function (all) {
        return { words: asked, hits: best(all, index), index: index };
      });
    });
  }

  function scoresOf(word, unfinished, index) {
    return Promise.all(shardsFor(word, index.terms).map(load)).then(function (shards) {
      var scores = new Map(), total = index.pages.length;
      shards.forEach(function (shard) {
        Object.keys(shard || {}).forEach(function (term) {
          var exact = term === word;
          if (!exact && !(term.startsWith(word) && (unfinished || word.length > 3))) return;
          var postings = shard[term];
          var rarity = Math.log(1 + total / (postings.length / 2));
          var closeness = exact ? 1 : 0.6 * word.length / term.length;
          for (var i = 0; i < postings.length; i += 2) {
            var weight = postings[i + 1];
            var length = 1 + index.pages[postings[i]][3] / 2000;
            var score = closeness * rarity * weight / (weight + 2 * length);
            scores.set(postings[i], Math.max(scores.get(postings[i]) || 0, score));
          }
        });
      });
      return scores;
    });
  }

  // Pages that have all words; if there are none, those that have most.
  function best(all, index) {
    var sums = new Map();
    all.forEach(function (scores) {
      scores.forEach(function (score, page) {
        var sum = sums.get(page) || [0, 0];
        sums.set(page, [sum[0] + 1, sum[1] + score]);
      });
    });
    return Array.from(sums, function (pair) {
      return { page: pair[0], found: pair[1][0], score: pair[1][1] };
    }).sort(function (a, b) {
      return b.found - a.found || b.score - a.score || a.page - b.page;
    }).filter(function (hit, _, hits) { return hit.found === hits[0].found; }).slice(0, 20);
  }

  var MOST_SECTIONS = 3, MOST_LINES = 30;

  // The sections of a page whose headings have all the words, or the one that speaks most of them.
  function excerpts(sections, asked) {
    var first = sections.findIndex(function (section) { return section[1]; });
    var rated = sections.map(function (section, i) {
      var heading = section[1].toLowerCase(), text = section[2].toLowerCase();
      var named = asked.filter(function (word) { return heading.includes(word); }).length;
      var spoken = asked.filter(function (word) { return text.includes(word); }).length;
      var score = 5 * named + spoken + (named ? 3 / (1 + heading.length / 20) : 0);
      if (i === first && named === asked.length) score += 3; // the page itself is called so
      return { section: section, place: i, named: named, score: score };
    }).sort(function (a, b) { return b.score - a.score || a.place - b.place; });
    var full = rated.filter(function (each) { return each.named === asked.length; });
    return (full.length ? full.slice(0, MOST_SECTIONS) : rated.slice(0, 1)).map(function (each) {
      return excerpt(each.section, asked);
    });
  }

  function excerpt(section, asked) {
    var body = section[2], places = asked.map(function (word) {
      return body.toLowerCase().indexOf(word);
    }).filter(function (place) { return place >= 0; });
    var from = Math.max(0, (places.length ? Math.min.apply(null, places) : 0) - 50);
    if (from) from = body.indexOf(" ", from) + 1;
    return {
      anchor: section[0],
      heading: section[1],
      text: (from ? "… " : "") + body.slice(from, from + 190) + (body.length > from + 190 ? " …" : ""),
    };
  }

  function highlighted(text, asked, className) {
    var out = make("span", className), lower = text.toLowerCase(), at = 0;
    while (at < text.length) {
      var next = null;
      asked.forEach(function (word) {
        var place = lower.indexOf(word, at);
        if (place >= 0 && (!next || place < next[0])) next = [place, word.length];
      });
      if (!next) break;
      out.append(text.slice(at, next[0]), make("mark", "", text.substr(next[0], next[1])));
      at = next[0] + next[1];
    }
    out.append(text.slice(at));
    return out;
  }

  var dialog, input, results, turn = 0;

  function openSearch() {
    if (!dialog) buildSearch();
    setMenu(false);
    if (!dialog.open) dialog.showModal();
    input.select();
    load("index");
  }

  function buildSearch() {
    dialog = make("dialog", "search");
    dialog.setAttribute("aria-label", "Search");
    var box = make("div", "box"), close = make("button", "close", "Esc");
    input = make("input");
    input.type = "search";
    input.placeholder = "Search these pages";
    input.setAttribute("aria-label", "Search these pages");
    input.autocomplete = "off";
    input.spellcheck = false;
    close.type = "button";
    close.setAttribute("aria-label", "Close");
    results = make("div", "results");
    results.id = "ds-results";
    results.setAttribute("role", "listbox");
    results.setAttribute("aria-label", "Pages found");
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-controls", results.id);
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-expanded", "false");
    box.append(input, close);
    var hint = make("p", "hint");
    [["↑↓", "select"], ["↵", "open"], ["Esc", "close"]].forEach(function (pair) {
      hint.append(make("kbd", "", pair[0]), " " + pair[1]);
    });
    dialog.append(box, results, hint);
    document.body.append(dialog);
    close.addEventListener("click", function () { dialog.close(); });
    dialog.addEventListener("click", function (event) {
      if (event.target === dialog) dialog.close();
    });
    input.addEventListener("input", runSearch);
    dialog.addEventListener("keydown", function (event) {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        select(event.key === "ArrowDown" ? 1 : -1);
      } else if (event.key === "Enter") {
        var hit = results.querySelector("[aria-selected=true]");
        if (hit) { event.preventDefault(); hit.click(); }
      }
    });
  }

  function select(step) {
    var hits = Array.from(results.querySelectorAll("a"));
    if (!hits.length) return;
    var at = hits.findIndex(function (hit) { return hit.getAttribute("aria-selected") === "true"; });
    hits.forEach(function (hit) { hit.setAttribute("aria-selected", "false"); });
    var next = hits[(at + step + hits.length) % hits.length];
    next.setAttribute("aria-selected", "true");
    input.setAttribute("aria-activedescendant", next.id);
    next.scrollIntoView({ block: "nearest" });
  }

  function runSearch() {
    var mine = ++turn, query = input.value;
    search(query).then(function (found) {
      if (mine !== turn) return null;
      var needed = found.hits.map(function (hit) {
        return load("texts-" + found.index.pages[hit.page][4]);
      });
      return Promise.all(needed).then(function (texts) {
        if (mine === turn) showHits(found, texts, query);
      });
    });
  }

  function showHits(found, texts, query) {
    var lines = [];
    found.hits.forEach(function (hit, i) {
      var facts = found.index.pages[hit.page];
      var pieces = excerpts((texts[i] || [])[facts[5]] || [], found.words);
      if (!pieces.length) pieces.push({ anchor: "", heading: "", text: "" });
      pieces.forEach(function (piece) { lines.push(drawHit(facts, piece, found.words)); });
    });
    lines.length = Math.min(lines.length, MOST_LINES);
    lines.forEach(function (line, i) { line.id = "ds-hit-" + i; });
    input.setAttribute("aria-expanded", String(lines.length > 0));
    if (lines.length) {
      lines[0].setAttribute("aria-selected", "true");
      input.setAttribute("aria-activedescendant", lines[0].id);
    } else input.removeAttribute("aria-activedescendant");
    if (!lines.length && query.trim()) {
      lines.push(make("p", "none", "Nothing found for “" + query.trim() + "”."));
    }
    results.replaceChildren.apply(results, lines);
    results.scrollTop = 0;
  }

  function drawHit(facts, piece, asked) {
    var line = make("a", "hit"), where = facts[2] || "";
    line.href = up + facts[1] + (piece.anchor ? "#" + encodeURIComponent(piece.anchor) : "");
    line.setAttribute("role", "option");
    line.setAttribute("aria-selected", "false");
    if (piece.heading && piece.heading !== facts[0]) where += (where ? " › " : "") + piece.heading;
    line.append(highlighted(facts[0], asked, "title"));
    if (where) line.append(highlighted(where, asked, "where"));
    if (piece.text) line.append(highlighted(piece.text, asked, "text"));
    line.addEventListener("click", function () { dialog.close(); });
    return line;
  }

  function onKey(event) {
    var typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
    if ((event.key === "k" && (event.ctrlKey || event.metaKey)) || (event.key === "/" && !typing)) {
      event.preventDefault();
      openSearch();
    } else if (event.key === "Escape" && document.body.classList.contains("menu-open")) {
      setMenu(false);
      document.querySelector(".menu").focus();
    } else if (!typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      var link = { ArrowLeft: "a.prev", ArrowRight: "a.next" }[event.key];
      var found = link && event.target === document.body && document.querySelector(link);
      if (found) found.click();
    }
  }

  document.addEventListener("DOMContentLoaded", function () {
    up = document.body.dataset.up;
    if (/Mac|iPhone|iPad/.test(navigator.platform)) {
      document.querySelector(".find kbd").textContent = "⌘ K";
    }
    document.querySelector(".theme").addEventListener("click", toggleTheme);
    document.querySelector(".find").addEventListener("click", openSearch);
    document.querySelector(".menu").addEventListener("click", function () {
      setMenu(!document.body.classList.contains("menu-open"));
    });
    document.querySelector("main").addEventListener("click", function () { setMenu(false); });
    document.addEventListener("keydown", onKey);
    dressCode();
    followReading();
    addEventListener("load", skipWhatFits);
  });
})();
