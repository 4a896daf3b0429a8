// Sends the answer on without a click. Without script the button does the same.
document.getElementById("answer").requestSubmit();
