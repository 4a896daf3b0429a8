// Sends what the gateway was too busy for once more, after the time that the page says. Without script the button does.
const form = document.getElementById("again");
setTimeout(() => form.requestSubmit(), Number(form.dataset.seconds) * 1000);
