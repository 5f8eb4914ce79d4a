// The camera page: choose a camera, see it, send it, keep sending until told otherwise.

import { login, loginWith } from "./session.js";
import { Publisher, Refused } from "./whip.js";

const FIRST_WAIT_MS = 500, LONGEST_WAIT_MS = 15000; // between two attempts to connect
const CONNECTING_MS = 12000; // longer than the server waits
const FIGURES_MS = 1000;
const PICTURE = { width: { ideal: 1280, max: 1280 }, height: { ideal: 720, max: 720 }, frameRate: { ideal: 30, max: 30 } };

const $ = (id) => document.getElementById(id);
const [picture, preview, problem] = [$("picture"), $("preview"), $("problem")];
const [sendButton, takeoverButton, cameras, flip] = [$("send"), $("takeover"), $("camera"), $("flip")];

let stream = null; // what the camera gives, while we want to send
let publisher = null;
let attempt = 0; // of connecting; what belongs to an older one is not heard
let failures = 0;
let retry = 0, patience = 0;
let wakeLock = null; // a promise of it

function show(state, word, trouble = "") {
  $("state").dataset.state = state;
  $("word").textContent = word;
  picture.dataset.live = String(state === "live");
  problem.textContent = trouble;
  problem.hidden = trouble === "";
  sendButton.textContent = stream ? "Stop" : "Send my camera";
  sendButton.classList.toggle("primary", !stream);
  takeoverButton.hidden = true;
  if (state !== "live") $("figures").hidden = $("follow").hidden = true;
}

// ---- the camera

function wish() {
  const [kind, value] = cameras.value.split(/:(.*)/);
  return kind === "facing" ? { ...PICTURE, facingMode: value } : { ...PICTURE, deviceId: { exact: value } };
}

async function openCamera() {
  for (const track of stream?.getTracks() ?? []) track.stop(); // phones have one camera open at a time
  stream = null;
  const opened = await navigator.mediaDevices.getUserMedia({ video: wish(), audio: false });
  const [track] = opened.getVideoTracks();
  track.contentHint = "motion";
  track.onended = () => stream === opened && stop("the camera was taken away");
  preview.srcObject = opened;
  preview.classList.toggle("mirrored", track.getSettings().facingMode !== "environment");
  stream = opened;
  await listCameras(track.getSettings().deviceId);
  return track;
}

/** Cameras by name, once the visitor has allowed one; front and back as long as names are not told. */
async function listCameras(chosen) {
  const devices = (await navigator.mediaDevices.enumerateDevices()).filter(({ kind }) => kind === "videoinput");
  const named = devices.filter(({ deviceId, label }) => deviceId && label);
  if (named.length === 0) return;
  cameras.replaceChildren(
    ...named.map(({ deviceId, label }) => new Option(label, `device:${deviceId}`, false, deviceId === chosen)),
  );
  flip.hidden = named.length < 2;
}

async function changeCamera() {
  if (!stream) return;
  try {
    const track = await openCamera();
    await publisher?.replace(track);
  } catch (error) {
    await stop(cameraTrouble(error));
  }
}

function cameraTrouble(error) {
  switch (error.name) {
    case "NotAllowedError":
      return "The browser may not use the camera. Allow it for this page (the lock or camera beside the address), and send again.";
    case "NotFoundError":
    case "OverconstrainedError":
      return "No such camera here. Connect one, or choose another.";
    case "NotReadableError":
      return "Another program is using the camera. Close it there, and send again.";
    default:
      return `The camera cannot be opened: ${error.message}`;
  }
}

// ---- sending

async function send({ takeover = false } = {}) {
  failures = 0;
  keepAwake(); // first: Safari asks that the press of the button is not long ago, and the visitor may think about the camera
  try {
    show("connecting", "opening the camera");
    await openCamera();
  } catch (error) {
    await stop(cameraTrouble(error));
    return;
  }
  await connect(takeover);
}

async function connect(takeover = false) {
  const mine = ++attempt;
  const current = () => mine === attempt && stream !== null;
  clearTimeout(retry);
  await publisher?.stop(); // so that our own old publication is not in our way
  if (!current()) return;
  show("connecting", failures ? "connecting again" : "connecting");
  publisher = new Publisher((state) => current() && (state === "live" ? live() : again()));
  clearTimeout(patience);
  patience = setTimeout(() => current() && again("No connection. Is this device in the same network as the performance?"), CONNECTING_MS);
  try {
    await publisher.publish(stream.getVideoTracks()[0], { takeover });
  } catch (error) {
    if (current()) await refused(error);
  }
}

function live() {
  clearTimeout(patience);
  failures = 0;
  show("live", "live");
}

/** Try again, ever more rarely, for as long as the visitor wants to send. */
function again(trouble = "") {
  attempt += 1;
  clearTimeout(patience);
  const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures++);
  show("connecting", "connection lost, trying again", trouble);
  retry = setTimeout(connect, longest * (0.5 + Math.random() / 2));
}

async function refused(error) {
  clearTimeout(patience);
  if (!(error instanceof Refused) || error.status >= 500 || error.status === 429) {
    again(error instanceof TypeError ? "The performance cannot be reached." : error.message);
    return;
  }
  attempt += 1;
  await publisher.stop();
  switch (error.status) {
    case 409:
      await stop("Somebody else is sending. Wait until they stop, or take over.", "refused", "somebody else is sending");
      takeoverButton.hidden = false;
      break;
    case 401:
      await stop("This performance asks for its token: it was printed where the performance was started.", "refused", "a token is needed");
      $("login").hidden = false;
      $("token").focus();
      break;
    case 404:
      await stop("This performance does not take a camera. Start it with `stream-v2m serve webrtc:`.", "refused", "not taken");
      break;
    default:
      await stop(error.message, "refused", "refused");
  }
}

/** Stop for good, until the visitor sends again. */
async function stop(trouble = "", state = trouble ? "refused" : "idle", word = trouble ? "ended" : "not sending") {
  attempt += 1;
  clearTimeout(retry);
  clearTimeout(patience);
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = null;
  preview.srcObject = null;
  show(state, word, trouble);
  wakeLock?.then((lock) => lock?.release());
  wakeLock = null;
  await publisher?.stop();
  publisher = null;
}

// ---- around it

function keepAwake() {
  // a low battery may forbid it; the picture goes on as long as the screen does
  wakeLock = navigator.wakeLock?.request("screen").catch(() => null);
}

async function tellFigures() {
  if ($("state").dataset.state !== "live" || !publisher) return;
  const { width, height, rate, trip } = await publisher.figures();
  $("size").textContent = width ? `${width} × ${height}` : "";
  $("rate").textContent = rate ? `${Math.round(rate)} pictures/s` : "";
  $("trip").textContent = trip === undefined ? "" : `${trip < 10 ? trip.toFixed(1) : Math.round(trip)} ms there and back`;
  $("figures").hidden = $("state").dataset.state !== "live" || !width;
}

// ---- what the music follows: it may be another source of the performance

const ours = (name) => name.startsWith("webrtc:");

async function tellFollowed() {
  if ($("state").dataset.state !== "live") return;
  const { state } = await (await fetch("/api/v1/state")).json();
  const elsewhere = !ours(state.source.name) && state.sources.some(ours);
  $("follow").hidden = !elsewhere || $("state").dataset.state !== "live";
}

async function follow() {
  const { state } = await (await fetch("/api/v1/state")).json();
  const answer = await fetch("/api/v1/commands/set_source", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ source: state.sources.find(ours) }),
  });
  if (answer.ok) $("follow").hidden = true;
}

$("follow").addEventListener("click", () => follow().catch(() => {})); // it stays, to be pressed again
sendButton.addEventListener("click", () => (stream ? stop() : send()));
takeoverButton.addEventListener("click", () => send({ takeover: true }));
cameras.addEventListener("change", changeCamera);
flip.addEventListener("click", () => {
  cameras.selectedIndex = (cameras.selectedIndex + 1) % cameras.options.length;
  changeCamera();
});
$("login").addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    await loginWith($("token").value.trim());
    $("login").hidden = true;
    $("token").value = "";
    send();
  } catch (error) {
    show("refused", "a token is needed", error.message);
  }
});
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible" && stream) keepAwake(); // it is lost while the page is hidden
});
addEventListener("online", () => stream && $("state").dataset.state === "connecting" && connect());
addEventListener("pagehide", () => publisher?.stop());
addEventListener("pageshow", ({ persisted }) => persisted && stream && send()); // left, and come back to as it was
setInterval(tellFigures, FIGURES_MS);
setInterval(() => tellFollowed().catch(() => {}), 2 * FIGURES_MS);

async function start() {
  if (!isSecureContext || !navigator.mediaDevices?.getUserMedia || !globalThis.RTCPeerConnection) {
    show("refused", "not possible here", isSecureContext
      ? "This browser cannot send a camera. Open the page in Safari, Chrome, Firefox or Edge."
      : "Browsers give the camera to secure pages only. Start the performance with --tls-self-signed and open https:// instead (the browser warns once), or open this page on the same computer as http://localhost.");
    sendButton.disabled = true;
    return;
  }
  cameras.disabled = flip.disabled = false;
  try {
    await login();
  } catch (error) {
    show("refused", "a token is needed", error.message);
    $("login").hidden = false;
  }
}

start();
