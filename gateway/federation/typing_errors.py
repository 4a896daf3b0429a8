"""How far what was typed is from a word: letters too many, too few, wrong, or in the other order."""

TOLERATED = (0, 0, 0, 1, 1, 2, 2, 2, 3, 3)
"""Errors in a word of so many letters; longer ones as the last."""


def distances(typed: str, word: str, at_most: int) -> tuple[int | None, int | None]:
    """Errors between what was typed and the word, and the fewest to something that the word begins with.

    The optimal string alignment distance; None for more than `at_most`.
    """
    far, width, previous = at_most + 1, len(word), ""
    before_last: list[int] = []
    last = [min(column, far) for column in range(width + 1)]
    for row, letter in enumerate(typed, 1):
        current = [far] * (width + 1)
        current[0] = least_of_row = min(row, far)
        # Further from the diagonal there are too many errors already. Comparisons, because `min` takes twice as long.
        for column in range(max(1, row - at_most), min(width, row + at_most) + 1):
            other, least = word[column - 1], last[column - 1]
            if letter != other:
                if last[column] < least:  # noqa: PLR1730 - twice as fast as `min`
                    least = last[column]
                if current[column - 1] < least:  # noqa: PLR1730
                    least = current[column - 1]
                if previous == other and column > 1 and letter == word[column - 2] and before_last[column - 2] < least:
                    least = before_last[column - 2]
                least += 1
            current[column] = least
            if least < least_of_row:  # noqa: PLR1730
                least_of_row = least
        if least_of_row >= far and min(last) >= far:
            return None, None
        before_last, last, previous = last, current, letter
    whole, begun = last[-1], min(last)
    return (whole if whole < far else None), (begun if begun < far else None)
