"""Schemes of certificates: which are known, what passports call them, and what their numbers look like."""

from claims.passports.identifiers import patent_is_valid
from claims.policy.wording_of_records import CertificatesWording

_BLUE_HAT = "BLUE_HAT"


class CertificateSchemes:
    """The schemes that a policy knows."""

    def __init__(self, wording: CertificatesWording) -> None:
        self._wording = wording

    def knows(self, scheme: str) -> bool:
        """True for a scheme whose certificates may support claims."""
        return scheme in self._wording.formats

    def meant(self, written: str, number: str) -> str:
        """The scheme that a passport's own word for it means; words that mean none stay as they are.

        BLUE_HAT is a registration or a filing by its number.
        """
        if written == _BLUE_HAT:
            is_filed = number.startswith(self._wording.filed_health_food)
            return "HEALTH_FOOD_FILING" if is_filed else "HEALTH_FOOD_REG"
        return self._wording.same.get(written, written)

    def is_number(self, scheme: str, number: str) -> bool:
        """True if the number has the shape of a known scheme's numbers."""
        shape = self._wording.formats.get(scheme)
        if shape is None:
            return False
        if scheme == "PATENT":
            return patent_is_valid(number)
        return shape.fullmatch(number) is not None
