"""Takes a clean sheet out into the weather and before a camera: the cheap, random half of rendering, done while training.

Coordinates are continuous: a picture's left edge is 0, its first pixel's centre 0.5. A quad is four corners in the order
top left, top right, bottom right, bottom left of the plate itself.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from glyphs import lettering, lettering_fonts

READER_SIZE = (192, 64)
READER_MARGIN = (0.03, 0.06)
REFINER_SIZE = (160, 64)
REFINER_NOMINAL = np.float32([[32, 16], [128, 16], [128, 48], [32, 48]])
REFINER_UNIT = 16.0
# The two lines of a square plate are read as these parts of its height.
UPPER, LOWER = (0.0, 0.52), (0.48, 1.0)

DEALERS = ["AUTOHAUS", "www.cars.example", "MOTORS", "Auto Sales", "FORD", "service +49 30", "TOYOTA OF CITY", "Honda", "skoda auto", "DEALER SALES INC", "VOLKSWAGEN", "ALUMNI"]

_GRAIN = np.random.default_rng(7).standard_normal(1 << 20, dtype=np.float32)


@dataclass
class Shot:
    """What a camera saw around one plate; `quad` is the outer edge of the plate's face."""

    pixels: np.ndarray
    quad: np.ndarray


def grain(rng, shape):
    size = shape[0] * shape[1]
    at = rng.randrange(len(_GRAIN) - size)
    return _GRAIN[at : at + size].reshape(shape)


def clouds(rng, shape, coarse=None):
    """Smooth noise of about unit strength."""
    coarse = coarse or rng.choice([4, 8, 16, 32])
    small = grain(rng, (max(2, shape[0] // coarse), max(2, shape[1] // coarse)))
    return cv2.resize(small, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)


def ramp(rng, shape, sharpness):
    """A soft or hard edge across the picture, 0 on one side and 1 on the other."""
    angle = rng.uniform(0, 2 * math.pi)
    x = (np.arange(shape[1], dtype=np.float32) / shape[1] - rng.uniform(0.15, 0.85)) * math.cos(angle)
    y = (np.arange(shape[0], dtype=np.float32) / shape[0] - rng.uniform(0.15, 0.85)) * math.sin(angle)
    return np.clip((x[None] + y[:, None]) * sharpness + 0.5, 0, 1)


def weather(rng, face):
    """Dirt, dents, shadows and glare on the plate itself; takes bytes, gives floats."""
    out = face.astype(np.float32)
    shape = face.shape
    if rng.random() < 0.35:
        out += clouds(rng, shape) * rng.uniform(3, 16)
    if rng.random() < 0.12:
        mud = np.clip(clouds(rng, shape, rng.choice([4, 8, 16])) - rng.uniform(0.6, 1.8), 0, 1) * rng.uniform(0.3, 0.9)
        out += (rng.uniform(20, 170) - out) * mud
    if rng.random() < 0.25:
        out *= 1 - ramp(rng, shape, rng.choice([1, 4, 30])) * rng.uniform(0.15, 0.65)
    if rng.random() < 0.1:
        spot = np.zeros((24, 48), np.float32)
        cv2.circle(spot, (rng.randrange(48), rng.randrange(24)), rng.randrange(2, 12), 1.0, -1)
        spot = cv2.resize(cv2.GaussianBlur(spot, (0, 0), rng.uniform(2, 8)), (shape[1], shape[0]))
        out += spot * rng.uniform(60, 220)
    if rng.random() < 0.06:  # rain drops, insects, scratches
        for _ in range(rng.randrange(2, 9)):
            at = (rng.randrange(shape[1]), rng.randrange(shape[0]))
            cv2.circle(out, at, max(1, round(shape[1] * rng.uniform(0.003, 0.018))), rng.uniform(10, 245), -1, cv2.LINE_AA)
    return out


def turn(rng, width, height, strength=1.0):
    """The corners of a plate of this size after it was turned in space, about its middle."""
    yaw = max(-1.0, min(1.0, rng.gauss(0, 0.32 * strength)))
    pitch = max(-0.6, min(0.6, rng.gauss(0, 0.16 * strength)))
    roll = rng.gauss(0, 0.05 * strength) if rng.random() < 0.7 else rng.uniform(-0.35, 0.35) * strength
    far = rng.uniform(3.5, 12) * width
    x = np.float32([-0.5, 0.5, 0.5, -0.5]) * width
    y = np.float32([-0.5, -0.5, 0.5, 0.5]) * height
    z = x * math.sin(yaw) + y * math.sin(pitch)
    x, y = x * math.cos(yaw), y * math.cos(pitch)
    x, y = x * math.cos(roll) - y * math.sin(roll), x * math.sin(roll) + y * math.cos(roll)
    return (np.stack([x, y], 1) * (far / (far + z))[:, None]).astype(np.float32)


def homography(source, target):
    """Between continuous coordinates, as OpenCV wants it (pixel centres at whole numbers)."""
    return cv2.getPerspectiveTransform(np.float32(source) - 0.5, np.float32(target) - 0.5)


def rectangle(width, height):
    return np.float32([[0, 0], [width, 0], [width, height], [0, height]])


def shrunk(face, width, skipping=1.0):
    """The face at about the size it will be seen, so that warping it doesn't skip pixels; or just that many of them."""
    factor = width * 1.15 * skipping / face.shape[1]
    if factor >= 0.9:
        return face
    return cv2.resize(face, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)


def mount(rng, canvas, face, quad):
    """Puts a face into a picture at the quad, mostly in a holder or a recess of the bumper. Changes `canvas`."""
    center = quad.mean(0)
    across, down = (quad[1] - quad[0] + quad[2] - quad[3]) / 2, (quad[3] - quad[0] + quad[2] - quad[1]) / 2
    height = float(np.hypot(*down))
    if rng.random() < 0.3:  # a recess or panel around it
        grow = np.float32([rng.uniform(1.05, 1.6), rng.uniform(1.1, 2.0)])
        area = center + across * [[-0.5], [0.5], [0.5], [-0.5]] * grow[0] + down * [[-0.5], [-0.5], [0.5], [0.5]] * grow[1]
        fill(canvas, area, rng.uniform(5, 235))
    aspect = face.shape[1] / face.shape[0]
    over = aspect < 2.7 and rng.random() < 0.35  # a frame that hides the edges of the face, as American dealers like it
    if over or rng.random() < 0.5:  # the holder: thin sides, often a broad lower edge with the dealer's name
        tone = rng.uniform(5, 90) if rng.random() < 0.75 else rng.uniform(130, 245)
        sides = [rng.uniform(0.01, 0.09) * height, rng.uniform(0.01, 0.09) * height, rng.uniform(0.01, 0.2) * height]
        unit_x, unit_y = across / max(1e-3, np.hypot(*across)), down / max(1e-3, height)
        area = quad + np.float32([-unit_x * sides[0] - unit_y * sides[1], unit_x * sides[0] - unit_y * sides[1], unit_x * sides[0] + unit_y * sides[2], -unit_x * sides[0] + unit_y * sides[2]])
        fill(canvas, area, tone)
        if sides[2] > 0.09 * height and height > 14:
            holder_print(rng, canvas, quad, unit_x, unit_y, sides[2])
        if over:
            face = framed(rng, face, tone)
    rounded = not over and rng.random() < (0.6 if aspect < 2.7 else 0.3)
    warp_into(canvas, face, quad, rounded_mask(rng, face.shape) if rounded else None)
    if rng.random() < 0.15:  # the upper edge of the bumper throws a shadow, or hides a little of the plate's rim
        share = rng.uniform(0.03, 0.35)
        area = np.float32([quad[0], quad[1], quad[1] + (quad[2] - quad[1]) * share, quad[0] + (quad[3] - quad[0]) * share])
        shade(canvas, area, rng.uniform(0.35, 0.8))
    elif rng.random() < 0.06:
        share = rng.uniform(0.02, 0.06)
        fill(canvas, np.float32([quad[0], quad[1], quad[1] + (quad[2] - quad[1]) * share, quad[0] + (quad[3] - quad[0]) * share]), rng.uniform(5, 120))


def dealer(rng):
    """What stands on a holder: a dealer's name, or letters nobody has seen together."""
    if rng.random() < 0.5:
        return rng.choice(DEALERS)
    return "".join(rng.choice("ABCDEFGHIKLMNOPRSTUVWY") for _ in range(rng.randrange(3, 11)))


def framed(rng, face, tone):
    height, width = face.shape
    face = face.copy()
    broad = 0.26 if rng.random() < 0.4 else 0.13  # a broad one hides the feet of the serial
    top, low, side = (max(1, round(rng.uniform(0.02, 0.13) * height)), max(1, round(rng.uniform(0.02, broad) * height)), max(1, round(rng.uniform(0.008, 0.03) * width)))
    face[:top], face[-low:], face[:, :side], face[:, -side:] = tone, tone, tone, tone
    for y, thick in ((top / 2, top), (height - low / 2, low)):
        if thick > 5 and rng.random() < 0.7:
            ink = np.float32(255 - tone) + rng.uniform(-40, 40)
            mask = lettering(dealer(rng), rng.choice(lettering_fonts()), max(4, round(thick * rng.uniform(0.5, 0.9))))[: int(thick)]
            mask = cv2.resize(mask, (min(round(mask.shape[1] * rng.uniform(0.8, 2.0)), round(width * 0.92)), mask.shape[0]), interpolation=cv2.INTER_AREA)
            x0, y0 = (width - mask.shape[1]) // 2, max(0, round(y - mask.shape[0] / 2))
            part = face[y0 : y0 + mask.shape[0], x0 : x0 + mask.shape[1]]
            part += (ink - part) * (mask[: part.shape[0]].astype(np.float32) / 255)
    return face


def rounded_mask(rng, shape):
    """Ink everywhere but in the corners, which real plates have rounded."""
    height, width = shape
    radius = max(1, round(rng.uniform(0.04, 0.13) * height))
    mask = np.zeros(shape, np.uint8)
    mask[radius : height - radius], mask[:, radius : width - radius] = 255, 255
    for x in (radius, width - 1 - radius):
        for y in (radius, height - 1 - radius):
            cv2.circle(mask, (x, y), radius, 255, -1, cv2.LINE_AA)
    return mask


def holder_print(rng, canvas, quad, unit_x, unit_y, thick):
    mask = lettering(dealer(rng), rng.choice(lettering_fonts()), 16)
    middle = (quad[2] + quad[3]) / 2 + unit_y * thick * 0.5
    tall = thick * 0.55
    wide = min(tall * mask.shape[1] / mask.shape[0], 0.8 * float(np.hypot(*(quad[1] - quad[0]))))
    area = middle + unit_x * np.float32([[-0.5], [0.5], [0.5], [-0.5]]) * wide + unit_y * np.float32([[-0.5], [-0.5], [0.5], [0.5]]) * tall
    ink = np.full(mask.shape, rng.uniform(120, 255), np.float32)
    warp_into(canvas, ink, area, mask)


def window_of(canvas, quad, border=2):
    """The whole pixels a quad touches, or None when it lies outside."""
    height, width = canvas.shape
    x0, y0 = np.maximum(np.floor(quad.min(0)).astype(int) - border, 0)
    x1, y1 = np.minimum(np.ceil(quad.max(0)).astype(int) + border, (width, height))
    return (x0, y0, x1, y1) if x1 > x0 and y1 > y0 else None


def warp_into(canvas, face, quad, mask=None):
    area = window_of(canvas, quad)
    if area is None:
        return
    x0, y0, x1, y1 = area
    matrix = homography(rectangle(face.shape[1], face.shape[0]), quad - np.float32([x0, y0]))
    size = (int(x1 - x0), int(y1 - y0))
    seen = cv2.warpPerspective(face, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    if mask is None:
        alpha = np.zeros((size[1], size[0]), np.uint8)
        cv2.fillConvexPoly(alpha, np.round((quad - (x0 + 0.5, y0 + 0.5)) * 16).astype(np.int32), 255, cv2.LINE_AA, 4)
    else:
        alpha = cv2.warpPerspective(mask, matrix, size, flags=cv2.INTER_LINEAR)
    part = canvas[y0:y1, x0:x1]
    part += (seen - part) * (alpha.astype(np.float32) / 255)


def fill(canvas, quad, tone):
    area = window_of(canvas, quad)
    if area is not None:
        cv2.fillConvexPoly(canvas, np.round((quad - 0.5) * 16).astype(np.int32), float(tone), cv2.LINE_AA, 4)


def shade(canvas, quad, factor):
    area = window_of(canvas, quad)
    if area is None:
        return
    x0, y0, x1, y1 = area
    alpha = np.zeros((int(y1 - y0), int(x1 - x0)), np.float32)
    cv2.fillConvexPoly(alpha, np.round((quad - (x0 + 0.5, y0 + 0.5)) * 16).astype(np.int32), 1.0, cv2.LINE_AA, 4)
    canvas[y0:y1, x0:x1] *= 1 - alpha * (1 - factor)


def camera(rng, picture, detail):
    """Lens, sensor and codec; `detail` is the width in pixels of what must stay visible. Takes floats, gives bytes."""
    out = picture
    blur = rng.random()
    severity = rng.choice([0.35, 0.7, 1.0])
    coarse = max(1.0, detail / 100) * severity
    if blur < 0.4:
        out = cv2.GaussianBlur(out, (0, 0), rng.uniform(0.3, 0.95) * coarse)
    elif blur < 0.53:
        length = rng.uniform(2, 5.5) * coarse
        out = cv2.filter2D(out, -1, motion(length, rng.uniform(0, math.pi)))
    elif blur < 0.62:  # enlarged from a smaller picture
        factor = 1 - rng.uniform(0.15, 0.5) * severity
        small = cv2.resize(out, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        out = cv2.resize(small, (out.shape[1], out.shape[0]), interpolation=rng.choice([cv2.INTER_LINEAR, cv2.INTER_CUBIC]))
    if rng.random() < 0.3:
        soft = cv2.GaussianBlur(out, (0, 0), rng.uniform(0.8, 1.7))
        amount = rng.uniform(0.4, 2.6)
        out = cv2.addWeighted(out, 1 + amount, soft, -amount, 0)
    low = rng.uniform(0, 0.3)
    high = rng.uniform(max(low + 0.2, 0.35), 1.0) if rng.random() < 0.85 else rng.uniform(1.0, 1.5)
    gamma = rng.uniform(0.5, 1.9)
    table = ((low + (high - low) * (np.arange(256, dtype=np.float32) / 255) ** gamma) * 255).astype(np.float32)
    out = table[np.clip(out, 0, 255).astype(np.uint8)]
    if rng.random() < 0.8:
        out += grain(rng, out.shape) * (rng.uniform(0, 0.055) * severity * 255 * min(1.0, high - low))
    out = np.clip(out, 0, 255).astype(np.uint8)
    if rng.random() < 0.15:  # a frame of a film before it is a picture: blocks of its own, elsewhere than the picture's
        y, x = rng.randrange(8), rng.randrange(8)
        out[y:, x:] = compressed(out[y:, x:], rng.randrange(10, 60))
    if rng.random() < 0.6:
        out = compressed(out, rng.randrange(25, 93) if rng.random() < 0.7 else rng.randrange(10, 35))
    return out


def compressed(picture, quality):
    return cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_GRAYSCALE)


def motion(length, angle):
    size = max(3, int(length) | 1)
    kernel = np.zeros((size, size), np.float32)
    middle = (size - 1) / 2
    dx, dy = math.cos(angle) * length / 2, math.sin(angle) * length / 2
    a, b = ((middle - dx) * 16, (middle - dy) * 16), ((middle + dx) * 16, (middle + dy) * 16)
    cv2.line(kernel, (round(a[0]), round(a[1])), (round(b[0]), round(b[1])), 1.0, 1, cv2.LINE_AA, 4)
    return kernel / kernel.sum()


def photograph(rng, face, backdrops, width=None, margin=(0.5, 0.9)):
    """One plate in a piece of scene just large enough to cut crops from."""
    width = width or math.exp(rng.uniform(math.log(50), math.log(240)))
    height = width * face.shape[0] / face.shape[1] * rng.uniform(0.93, 1.08)
    quad = turn(rng, width, height)
    low, high = quad.min(0), quad.max(0)
    room = np.float32([margin[0] * width, margin[1] * height])
    origin = low - room
    size = np.ceil(high - low + 2 * room).astype(int)
    quad = quad - origin
    canvas = ground(rng, backdrops, (int(size[1]), int(size[0])))
    skipping = rng.uniform(1.3, 2.6) if rng.random() < 0.2 else 1.0  # cheap scalers leave stairs in slanted strokes
    mount(rng, canvas, weather(rng, shrunk(face, width, skipping)), quad)
    if rng.random() < 0.12:
        canvas *= 1 - ramp(rng, canvas.shape, rng.choice([1, 5, 30])) * rng.uniform(0.2, 0.7)
    return Shot(camera(rng, canvas, width), quad)


def ground(rng, backdrops, shape):
    """A piece of bumper: plain with lines, or cut from a backdrop."""
    if backdrops is not None and rng.random() < 0.45:
        source = backdrops.pick(rng).pixels
        part = (min(source.shape[0], rng.randrange(24, 200)), min(source.shape[1], rng.randrange(48, 320)))
        y, x = rng.randrange(source.shape[0] - part[0] + 1), rng.randrange(source.shape[1] - part[1] + 1)
        piece = source[y : y + part[0], x : x + part[1]]
        return cv2.resize(piece, (shape[1], shape[0]), interpolation=cv2.INTER_AREA).astype(np.float32)
    canvas = np.full(shape, rng.uniform(8, 230), np.float32)
    if rng.random() < 0.6:
        canvas += clouds(rng, shape, rng.choice([8, 16, 32])) * rng.uniform(2, 25)
    for _ in range(rng.randrange(4)):
        y = rng.randrange(shape[0])
        cv2.line(canvas, (0, y), (shape[1], y + rng.randrange(-12, 13)), rng.uniform(0, 255), rng.randrange(1, 9), cv2.LINE_AA)
    return canvas


# --- crops the networks see ------------------------------------------------------------------------------------------


def cut(pixels, quad, target, size):
    """Warps the quad onto the target corners of a crop; a picture much finer than the crop is shrunk first."""
    finer = max(np.hypot(*(quad[1] - quad[0])) / np.hypot(*(target[1] - target[0])), np.hypot(*(quad[3] - quad[0])) / np.hypot(*(target[3] - target[0])))
    if finer > 1.3:
        factor = 1 / finer
        smaller = cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        quad = quad * np.float32([smaller.shape[1] / pixels.shape[1], smaller.shape[0] / pixels.shape[0]])
        pixels = smaller
    return cv2.warpPerspective(pixels, homography(quad, target), size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def inside(quad, u, v):
    """Points of the quad by shares of its width and height (may lie outside of 0..1)."""
    u, v = np.float32(u)[:, None], np.float32(v)[:, None]
    return quad[0] * (1 - u) * (1 - v) + quad[1] * u * (1 - v) + quad[2] * u * v + quad[3] * (1 - u) * v


def reader_quad(quad, part=(0.0, 1.0), margin=READER_MARGIN):
    """What the reader is shown of a plate: a little more than the plate, or a little more than one of its two lines."""
    top = part[0] - margin[1] if part[0] == 0 else part[0]
    bottom = part[1] + margin[1] if part[1] == 1 else part[1]
    return inside(quad, [-margin[0], 1 + margin[0], 1 + margin[0], -margin[0]], [top, top, bottom, bottom])


def reader_crop(rng, shot, part=(0.0, 1.0)):
    """A crop with the errors that corner finding leaves."""
    quad = shot.quad
    width, height = np.hypot(*(quad[1] - quad[0])), np.hypot(*(quad[3] - quad[0]))
    if part == (0.0, 1.0) and rng.random() < 0.15:
        low, high = quad.min(0), quad.max(0)
        if (high - low)[1] < height * 1.45:  # an upright box, as a plain detector gives it
            quad = rectangle(*(high - low)) + low
    loose = rng.choice([0.35, 0.7, 1.0, 1.0, 1.6])
    error = np.float32([[rng.gauss(0, 0.014 * width), rng.gauss(0, 0.032 * height)] for _ in range(4)])
    shift = np.float32([rng.gauss(0, 0.014 * width), rng.gauss(0, 0.03 * height)])
    quad = quad + (error + shift) * loose
    margin = (rng.gauss(0.03, 0.01), rng.gauss(0.06, 0.02)) if rng.random() < 0.6 else (rng.uniform(-0.02, 0.1), rng.uniform(-0.04, 0.15))
    return cut(shot.pixels, reader_quad(quad, part, margin), rectangle(*READER_SIZE), READER_SIZE)


def detector_error(rng, quad):
    """The same quad as a coarse detector would give it."""
    strength = rng.choices([0.1, 0.4, 1.0, 1.6], [3, 4, 4, 2])[0]
    width, height = np.hypot(*(quad[1] - quad[0])), np.hypot(*(quad[3] - quad[0]))
    angle = rng.gauss(0, 0.09) * strength
    scale = 1 + rng.uniform(-0.16, 0.18) * strength
    stretch = np.float32([rng.gauss(1, 0.07 * strength), rng.gauss(1, 0.1 * strength)]) * scale
    center = quad.mean(0)
    across, down = (quad[1] - quad[0]) / width, (quad[3] - quad[0]) / height
    turned = (quad - center) @ np.float32([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]]) * stretch
    shift = across * rng.gauss(0, 0.065 * width) * strength + down * rng.gauss(0, 0.13 * height) * strength
    each = np.float32([across * rng.gauss(0, 0.05 * width) + down * rng.gauss(0, 0.1 * height) for _ in range(4)]) * strength
    return (center + turned + shift + each).astype(np.float32)


def refiner_crop(shot, guess):
    """The crop around a guessed quad, and where the true corners lie from the nominal ones, in the net's units."""
    crop = cut(shot.pixels, guess, REFINER_NOMINAL, REFINER_SIZE)
    there = cv2.perspectiveTransform(shot.quad[None], cv2.getPerspectiveTransform(guess, REFINER_NOMINAL))[0]
    return crop, (there - REFINER_NOMINAL) / REFINER_UNIT


def normalised(crops):
    """Each crop by its own mean and deviation, as reader and refiner want it."""
    crops = crops.astype(np.float32)
    mean = crops.mean((1, 2), keepdims=True)
    deviation = crops.std((1, 2), keepdims=True)
    return ((crops - mean) / (deviation + 8))[:, None]
