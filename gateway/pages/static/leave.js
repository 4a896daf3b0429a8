// Takes the browser to the next party of a logout. One that does not answer in time is left behind: as long as it is
// silent this page is still here, and goes on without it. Without script the buttons do the same.
const form = document.getElementById("leave");
const seconds = Number(form.dataset.seconds);
setTimeout(() => location.replace(form.dataset.on), seconds * 1000);
if (form.method === "get") {
  location.replace(form.dataset.to);
} else {
  form.submit();
}
