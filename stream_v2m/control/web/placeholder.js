import { connect, login } from "./session.js";

await login();
const line = document.getElementById("state");
connect({ onState: (state) => { line.textContent = `${state.phase} · ${state.chord} · ${state.bpm} bpm`; } });
