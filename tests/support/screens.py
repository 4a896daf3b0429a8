"""Pictures of pages: kept in `build/screens`, and compared with those that were looked at and found right."""

import base64
import os
from pathlib import Path

from playwright.sync_api import Page

KEPT = Path(__file__).parents[1] / "browser/screens"
BUILT = Path(__file__).parents[2] / "build/screens"
FAR = 9.0
"""Of 255: the mean difference of blocks of 16 pixels that another machine's fonts and a time on the page do not reach,
and a page without its style, or with a column too many, does."""
_DISTANCE = """async ([one, other]) => {
  const blocks = async (picture) => {
    const image = new Image();
    image.src = `data:image/png;base64,${picture}`;
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [Math.ceil(image.width / 16), Math.ceil(image.height / 16)];
    const drawn = canvas.getContext("2d");
    drawn.imageSmoothingQuality = "high";
    drawn.drawImage(image, 0, 0, canvas.width, canvas.height);
    return [image.width, image.height, drawn.getImageData(0, 0, canvas.width, canvas.height).data];
  };
  const [width, height, pixels] = await blocks(one);
  const [otherWidth, otherHeight, others] = await blocks(other);
  if (width !== otherWidth || height !== otherHeight) return 255;
  return pixels.reduce((sum, value, at) => sum + Math.abs(value - others[at]), 0) / (pixels.length * 3 / 4);
}"""


def picture(page: Page, name: str) -> bytes:
    """What the screen shows now, also kept as `build/screens/<name>.png`."""
    taken = page.screenshot(animations="disabled", caret="hide")
    BUILT.mkdir(parents=True, exist_ok=True)
    (BUILT / f"{name}.png").write_bytes(taken)
    return taken


def distance(blank: Page, one: bytes, other: bytes) -> float:
    """How far two pictures are from each other, 0 to 255; as far as can be when their sizes differ."""
    pair = [base64.b64encode(picture).decode() for picture in (one, other)]
    measured: float = blank.evaluate(_DISTANCE, pair)
    return measured


def check_as_kept(blank: Page, page: Page, name: str) -> None:
    """The page looks as it did when somebody looked. `SCREENS=keep` keeps what there is now: look at it first."""
    taken, kept = picture(page, name), KEPT / f"{name}.png"
    if os.environ.get("SCREENS") == "keep":
        KEPT.mkdir(exist_ok=True)
        kept.write_bytes(taken)
    far = distance(blank, taken, kept.read_bytes())
    assert far <= FAR, f"{name} is {far:.1f} from the picture that was kept: compare it with build/screens/{name}.png"
