"""A worker that gives a test's answers in place of the engine, to check how the screens show each of them.

Some cases, such as marks of later versions, cannot be made here. The networks' answers are tested elsewhere.
"""

import base64
import io
import json
from typing import Any

from PIL import Image

BITS = 256

WORKER = """
window.Worker = class extends EventTarget {
    onmessage = null;
    say(message) {
        const event = new MessageEvent("message", { data: message });
        this.dispatchEvent(event);
        this.onmessage?.(event);
    }
    postMessage({ type, id, job }) {
        const info = { provider: "wasm", threads: 1, build: "wasm", selfTest: null, loadedBytes: 1,
                       weightsFrom: "network", notes: [] };
        if (type === "start") setTimeout(() => this.say({ type: "ready", info }));
        if (type !== "job") return;
        const { task, name, options } = job;
        (window.asked ??= []).push({ task, name, options });
        const preview = Uint8Array.from(atob(PREVIEW), (character) => character.charCodeAt(0));
        const blur = { name: "blur", group: "detail", least: 0, most: 1, start: 0, unit: "share" };
        const result = {
            read: () => ({
                reading: READINGS[name], perceptual_hash: "0f".repeat(8), phases: { search: 1200 },
            }),
            lab_kinds: () => [blur],
            lab: () => ({ preview, reading: READINGS[this.amount(options)] ?? READINGS[name] }),
        }[task]();
        setTimeout(() => this.say({ type: "result", id, result }));
    }
    amount({ steps: [step] }) {
        return step ? ["light", "middle", "strong"][Math.min(2, Math.floor(3 * step.amount))] : "";
    }
    terminate() {}
};
"""


def answering(readings: dict[str, dict[str, Any]]) -> str:
    """The script that puts the worker into a page; `readings`: by the names of the files read.

    In the lab the readings "light", "middle" and "strong" are those of the thirds of its one slider.
    """
    buffer = io.BytesIO()
    Image.linear_gradient("L").save(buffer, "JPEG")
    values = {"READINGS": readings, "PREVIEW": base64.b64encode(buffer.getvalue()).decode()}
    return "".join(f"const {name} = {json.dumps(value)};" for name, value in values.items()) + WORKER


def reading(outcome: str, **changes: Any) -> dict[str, Any]:
    """A reading as the engine returns it, of a mark that fills the picture."""
    is_read = outcome == "read"
    answer = {
        "outcome": outcome,
        "reason": "damaged" if outcome == "unreadable" else None,
        "message": {"kind": "text", "value": "pipe"} if is_read else None,
        "chance": 2e-7 if is_read else None,
        "match": None,
        "corrected": 12 if is_read else None,
        "bits": [index % 2 for index in range(BITS)],
        "confidences": [0.5 + index / 2 / BITS for index in range(BITS)],
        "statistic": 0.9 if outcome == "none" else 4.2,
        "threshold": 2.5,
        "false_alarm": 0.3 if outcome == "none" else 1e-12,
        "tried": 40,
        "milliseconds": 1200.0,
        "corners": [[0, 0], [1, 0], [1, 1], [0, 1]],
    }
    return answer | changes
