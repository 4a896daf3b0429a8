// Finds schools while somebody types. Without script, or without an answer, the form does the same.
(function () {
  var form = document.querySelector("form[data-answers]");
  var field = form.querySelector("input");
  var said = document.getElementById("said");
  var found = document.getElementById("found");
  var waiting = 0;
  // What the page came with: somebody may have typed before this script was there.
  var shown = field.defaultValue.trim();
  var asked = 0;

  function find() {
    var typed = field.value.trim();
    if (typed === shown) return;
    shown = typed;
    var turn = ++asked;
    var address = location.pathname + (typed ? "?q=" + encodeURIComponent(typed) : "");
    fetch(form.getAttribute("data-answers") + "?q=" + encodeURIComponent(typed), { credentials: "same-origin" })
      .then(function (answer) {
        if (!answer.ok) throw new Error(String(answer.status));
        return answer.json();
      })
      .then(function (answer) {
        // An answer that comes late is not to what stands there now.
        if (turn !== asked) return;
        found.innerHTML = answer.html;
        said.textContent = answer.said;
        // Whoever comes back from a school finds what they had found.
        history.replaceState(null, "", address);
      })
      .catch(function () {
        if (turn === asked) shown = null;
      });
  }

  field.addEventListener("input", function () {
    clearTimeout(waiting);
    waiting = setTimeout(find, 150);
  });
  find();
})();
