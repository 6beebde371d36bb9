"""Codes in a picture that somebody took of a package."""

import io

from review.prebroadcast.errors import CheckRefused

_MOST_PIXELS = 40_000_000


def codes_in_picture(content: bytes) -> tuple[str, ...]:
    """The texts of the bar codes and QR codes in a picture; CheckRefused where there is none, or no picture."""
    if not content:
        raise CheckRefused("picture", "none was chosen; take one of the code, or paste its number")
    try:
        # Loaded only when a picture comes: the libraries take a second, and a server may do without them.
        import numpy as np
        from PIL import Image, ImageOps, UnidentifiedImageError

        from vision.products.codes import read_codes
    except ModuleNotFoundError as error:
        raise CheckRefused("picture", f"can't be read here, {error.name} is missing; paste the number") from error
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "WEBP")) as opened:
            wide, high = opened.size
            if wide * high > _MOST_PIXELS:
                raise CheckRefused("picture", f"has {wide} × {high} pixels, which is too many; send a smaller one")
            upright = ImageOps.exif_transpose(opened).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise CheckRefused("picture", "is none that can be read; send JPEG, PNG or WebP") from error
    codes = tuple(code.text for code in read_codes(np.asarray(upright, np.uint8)[:, :, ::-1].copy()))
    if not codes:
        raise CheckRefused("picture", "shows no bar code or QR code that can be read; come closer, or paste its number")
    return codes
