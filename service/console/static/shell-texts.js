// The words of what is around every page.

export const shellTexts = JSON.parse(document.getElementById("shell-texts").textContent);
