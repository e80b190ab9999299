// Tabs and copy buttons of the sample site.
document.querySelectorAll(".tabs").forEach(function (tabs) {
  tabs.querySelectorAll("[role=tab]").forEach(function (tab) {
    tab.addEventListener("click", function () {
      tabs.querySelectorAll(".tab-panel").forEach(function (panel) {
        panel.hidden = panel.id !== tab.getAttribute("aria-controls");
      });
    });
  });
});
document.querySelectorAll("button.copy").forEach(function (button) {
  button.addEventListener("click", function () {
    navigator.clipboard.writeText(button.parentNode.querySelector("code").textContent);
  });
});
