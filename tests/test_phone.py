"""On a phone, 390 pixels wide, nothing that a reader needs is cut off, covered or too small to read."""

import re

import pytest

from test_browser import PAGES

# Everything is measured as the reader may see it: folds open, every tab shown.
OPEN = """document.querySelectorAll('details').forEach(one => one.open = true);
document.querySelectorAll('.tabbed-block').forEach(one => one.style.display = 'block')"""

FORMULAS = """[...document.querySelectorAll('article math')].filter(math => math.checkVisibility()).map(math => {
    const box = math.closest('div.arithmatex, td, th, p, li, summary, figcaption') ?? document.body;
    const inside = box.getBoundingClientRect(), own = math.getBoundingClientRect();
    return own.right > Math.min(inside.right, innerWidth) + 1 || own.left < Math.max(inside.left, 0) - 1
        || (box.matches('.arithmatex') && box.scrollWidth > box.clientWidth + 1)
        ? `${Math.round(Math.max(own.width, box.scrollWidth))} px: ${math.textContent}` : null;
}).filter(Boolean)"""

TABLES = """[...document.querySelectorAll('article table:not(.live *)')].filter(one => one.checkVisibility()).flatMap(table => {
    const cells = [...table.querySelectorAll('th, td')].filter(cell => {
        const box = cell.getBoundingClientRect();
        return box.right > innerWidth || cell.scrollWidth > cell.clientWidth + 1;
    });
    return cells.length ? [cells.map(cell => cell.textContent.trim()).join(' | ').slice(0, 200)] : [];
})"""

BUTTONS = """[...document.querySelectorAll('.md-code__nav')].filter(one => one.checkVisibility()).flatMap(nav => {
    const button = nav.getBoundingClientRect();
    const walker = document.createTreeWalker(document.querySelector('article'), NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const range = document.createRange();
        range.selectNodeContents(walker.currentNode);
        for (const box of range.getClientRects())
            if (walker.currentNode.textContent.trim() && box.right > button.left && box.left < button.right
                && box.bottom > button.top && box.top < button.bottom && walker.currentNode.parentElement.checkVisibility())
                return [walker.currentNode.textContent.trim().slice(0, 80)];
    }
    return [];
})"""
