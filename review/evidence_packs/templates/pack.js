document.addEventListener("click", (event) => {
  const time = event.target.closest("[data-seek-ms]");
  if (time === null) return;
  const video = document.getElementById(time.dataset.video);
  if (video === null) return;
  event.preventDefault();
  video.currentTime = Math.max(0, Number(time.dataset.seekMs) / 1000);
  video.play();
  video.scrollIntoView({ block: "nearest" });
});
