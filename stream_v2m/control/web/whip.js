// A WHIP publisher (RFC 9725): one picture out, no sound, no trickling. It knows nothing of the page.

const PATH = "/whip";
const GATHERING_MS = 1500; // candidates that have not come by then are not needed: the server sees where we come from
const LOST_MS = 6000; // a connection that is interrupted for longer is lost
const GOODBYE_MS = 1500; // for the server to hear of the end
const CODECS = ["video/H264", "video/VP8"]; // in hardware on phones; what the server can decode
const ENCODING = { maxBitrate: 2_500_000, maxFramerate: 30 };

/** The server refused: `status` of HTTP's, and what, got, expected, cure. */
export class Refused extends Error {
  constructor(status, error = {}) {
    super([error.what ?? `status ${status}`, error.cure].filter(Boolean).join("; "));
    Object.assign(this, { status, error });
  }
}

export class Publisher {
  #peer = null;
  #session = null;
  #lost = 0;

  /** @param {(state: "live"|"lost") => void} onState */
  constructor(onState) {
    this.onState = onState;
  }

  /**
   * Publish a video track. Rejects with `Refused`, or a `TypeError` if the server cannot be reached.
   * @param {MediaStreamTrack} track
   * @param {{takeover?: boolean}} [how]
   */
  async publish(track, { takeover = false } = {}) {
    const peer = (this.#peer = new RTCPeerConnection());
    const transceiver = peer.addTransceiver(track, { direction: "sendonly", sendEncodings: [ENCODING] });
    prefer(transceiver);
    peer.onconnectionstatechange = () => this.#changed(peer);
    await peer.setLocalDescription(await peer.createOffer());
    await gathered(peer);
    const response = await fetch(takeover ? `${PATH}?takeover=1` : PATH, {
      method: "POST",
      headers: { "Content-Type": "application/sdp" },
      body: peer.localDescription.sdp,
    });
    if (!response.ok) {
      const { error } = await response.json().catch(() => ({}));
      throw new Refused(response.status, error);
    }
    const session = new URL(response.headers.get("Location"), response.url);
    const answer = await response.text();
    if (this.#peer !== peer) {
      end(session); // stopped meanwhile
      return;
    }
    this.#session = session;
    await peer.setRemoteDescription({ type: "answer", sdp: answer });
    await keepRate(transceiver.sender);
  }

  /** Send another track from now on. */
  async replace(track) {
    await this.#peer?.getSenders()[0]?.replaceTrack(track);
  }

  /** Frames a second, size and round trip (ms) of what is sent; undefined where not known yet. */
  async figures() {
    const figures = {};
    const stats = await this.#peer?.getStats();
    stats?.forEach((entry) => {
      if (entry.type === "outbound-rtp" && entry.kind === "video") {
        figures.rate = entry.framesPerSecond;
        figures.width = entry.frameWidth;
        figures.height = entry.frameHeight;
      }
      if (entry.type === "candidate-pair" && entry.nominated && entry.currentRoundTripTime !== undefined) {
        figures.trip = entry.currentRoundTripTime * 1000;
      }
    });
    return figures;
  }

  /** Stop, and tell the server; resolves when it knows, or cannot be told. */
  async stop() {
    const [peer, session] = [this.#peer, this.#session];
    this.#peer = this.#session = null;
    clearTimeout(this.#lost);
    // told first: after the connection is closed, the server knows nothing more of it
    if (session) await Promise.race([end(session), new Promise((resolve) => setTimeout(resolve, GOODBYE_MS))]);
    peer?.close();
  }

  #changed(peer) {
    if (peer !== this.#peer) return;
    clearTimeout(this.#lost);
    const state = peer.connectionState;
    if (state === "connected") this.onState("live");
    else if (state === "disconnected") this.#lost = setTimeout(() => this.onState("lost"), LOST_MS);
    else if (state === "failed" || state === "closed") this.onState("lost");
  }
}

function prefer(transceiver) {
  const known = RTCRtpSender.getCapabilities?.("video")?.codecs ?? [];
  const wanted = CODECS.flatMap((type) => known.filter((codec) => codec.mimeType === type));
  const rest = known.filter((codec) => /\/(rtx|red|ulpfec)$/.test(codec.mimeType));
  try {
    if (wanted.length > 0) transceiver.setCodecPreferences?.([...wanted, ...rest]);
  } catch {
    // some only take what they can also receive: their own order will do
  }
}

/** Music follows motion: rather a coarser picture than a slower one. */
async function keepRate(sender) {
  const parameters = sender.getParameters();
  parameters.degradationPreference = "maintain-framerate";
  for (const encoding of parameters.encodings) Object.assign(encoding, ENCODING);
  await sender.setParameters(parameters).catch(() => {}); // not every browser knows all of it
}

function gathered(peer) {
  return new Promise((resolve) => {
    const check = () => peer.iceGatheringState === "complete" && resolve();
    peer.onicegatheringstatechange = check;
    setTimeout(resolve, GATHERING_MS);
    check();
  });
}

async function end(session) {
  // keepalive: it goes out even while the page is being closed
  await fetch(session, { method: "DELETE", keepalive: true }).catch(() => {});
}
