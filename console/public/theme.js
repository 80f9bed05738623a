// Before the first paint, so that a chosen theme does not flash the other; a file, because the CSP forbids inline scripts.
document.documentElement.dataset.theme = localStorage.getItem("localaws.theme") ?? "auto";
