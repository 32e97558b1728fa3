/* Checks of one page: each returns what is wrong, in words. */
({
  overflow() {
    const wide = document.documentElement.clientWidth;
    const found = [...document.querySelectorAll("body *")].filter((one) => {
      if (one.closest(".wide, .scroll, .hidden, .skip, [hidden]")) return false;
      const box = one.getBoundingClientRect();
      return box.width > 0 && (box.right > wide + 0.5 || box.left < -0.5);
    });
    if (document.documentElement.scrollWidth > wide) found.push(document.documentElement);
    return found.map((one) => `${one.tagName}.${one.getAttribute("class") || ""}`);
  },

  contrast() {
    const rgba = (text) => {
      const found = text.match(/[\d.]+/g);
      if (!found || text === "none") return null;
      const [r, g, b, a = 1] = found.map(Number);
      return { r, g, b, a };
    };
    const over = (top, under) => ({
      r: top.r * top.a + under.r * (1 - top.a),
      g: top.g * top.a + under.g * (1 - top.a),
      b: top.b * top.a + under.b * (1 - top.a),
      a: 1,
    });
    const light = ({ r, g, b }) =>
      [r, g, b]
        .map((part) => part / 255)
        .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
        .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
    const ratio = (one, other) => {
      const [high, low] = [light(one), light(other)].sort((a, b) => b - a);
      return (high + 0.05) / (low + 0.05);
    };
    const ground = (one) => {
      const layers = [];
      for (let at = one; at; at = at.parentElement) {
        layers.push(rgba(getComputedStyle(at).backgroundColor));
      }
      return layers
        .reverse()
        .filter((layer) => layer && layer.a > 0)
        .reduce((under, top) => over(top, under), { r: 255, g: 255, b: 255, a: 1 });
    };
    const wrong = [];
    const check = (one, text, colour, least) => {
      const found = rgba(colour);
      if (!found) return;
      const under = ground(one.closest("svg")?.parentElement ?? one);
      const value = ratio(over(found, under), under);
      if (value < least) wrong.push(`${value.toFixed(2)} < ${least}: ${text} ${colour}`);
    };
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const text = walker.currentNode.textContent.trim();
      const one = walker.currentNode.parentElement;
      if (!text || one.closest("title, desc, .hidden, option")) continue;
      const style = getComputedStyle(one);
      const size = parseFloat(style.fontSize);
      const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
      const colour = one.closest("svg") ? style.fill : style.color;
      check(one, text.slice(0, 30), colour, large ? 3 : 4.5);
    }
    const marks = [
      [".asleep, .active, .known, .dot:not(.provisional), .signal, .statistic", "fill"],
      [".limit, .centre, .whisker, .anchor, .hatch-line, .meter-part", "stroke"],
    ];
    for (const [selector, what] of marks) {
      for (const one of document.querySelectorAll(selector)) {
        check(one, one.getAttribute("class"), getComputedStyle(one)[what], 3);
      }
    }
    for (const one of document.querySelectorAll("input:not([type=hidden]), select")) {
      check(one.parentElement, one.name, getComputedStyle(one).borderTopColor, 3);
    }
    return [...new Set(wrong)];
  },

  targets() {
    const found = [...document.querySelectorAll("button, select, input, summary, nav a, .brand")]
      .filter((one) => one.type !== "hidden" && !one.closest(".hidden"))
      .map((one) => ({ one, box: one.getBoundingClientRect() }))
      .filter(({ box }) => box.width > 0);
    const centre = (box) => [box.left + box.width / 2, box.top + box.height / 2];
    const apart = (a, b) => Math.hypot(centre(a)[0] - centre(b)[0], centre(a)[1] - centre(b)[1]);
    return found
      .filter(({ one, box }) => {
        if (box.width >= 24 && box.height >= 24) return false;
        return found.some((other) => other.one !== one && apart(box, other.box) < 24);
      })
      .map(({ one, box }) => `${one.tagName} ${one.textContent.trim()} ${box.width}x${box.height}`);
  },

  structure() {
    const wrong = [];
    const all = (selector) => [...document.querySelectorAll(selector)];
    if (!document.documentElement.lang) wrong.push("no language");
    if (!document.title) wrong.push("no title");
    if (all("h1").length !== 1) wrong.push(`${all("h1").length} h1`);
    for (const name of ["main", "header", "footer"]) {
      if (all(name).length !== 1) wrong.push(`${all(name).length} ${name}`);
    }
    let before = 0;
    for (const one of all("h1, h2, h3, h4")) {
      const level = Number(one.tagName[1]);
      if (level > before + 1) wrong.push(`h${level} after h${before}: ${one.textContent}`);
      before = level;
    }
    const ids = all("[id]").map((one) => one.id);
    if (new Set(ids).size !== ids.length) wrong.push("ids are not unique");
    for (const one of all("input:not([type=hidden]), select, textarea")) {
      if (one.closest("[aria-hidden=true]") || one.ariaHidden === "true") continue;
      if (!one.labels.length && !one.ariaLabel) wrong.push(`no label: ${one.name}`);
    }
    for (const one of all("button, a[href], summary")) {
      if (!one.textContent.trim() && !one.ariaLabel) wrong.push(`no name: ${one.outerHTML}`);
    }
    for (const one of all("svg:not([aria-hidden=true])")) {
      if (one.getAttribute("role") !== "img") wrong.push("a drawing without role");
      for (const id of (one.getAttribute("aria-labelledby") || "none").split(" ")) {
        if (!document.getElementById(id)?.textContent) wrong.push(`a drawing without ${id}`);
      }
    }
    for (const one of all("table")) {
      if (!one.querySelector("th[scope=col], th[scope=row]")) wrong.push("a table without heads");
      if (!one.caption) wrong.push("a table without caption");
    }
    for (const one of all(".wide, .scroll")) {
      if (one.tabIndex !== 0 || !one.ariaLabel) wrong.push("a scroller the keyboard cannot reach");
    }
    return wrong;
  },
})
