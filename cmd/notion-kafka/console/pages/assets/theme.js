// Sets the chosen colours before the page is drawn. It blocks, so it is this small.
try {
	const chosen = localStorage.getItem("theme");
	if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch { /* a browser without storage follows the system */ }
