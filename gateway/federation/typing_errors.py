"""How far what was typed is from a word: letters too many, too few, wrong, or in the other order."""

TOLERATED = (0, 0, 0, 1, 1, 2, 2, 2, 3, 3)
"""Errors in a word of so many letters; longer ones as the last."""


def distances(typed: str, word: str, at_most: int) -> tuple[int | None, int | None]:
    """Errors between what was typed and the word, and the fewest to something that the word begins with.

    The optimal string alignment distance; None for more than `at_most`.
    """
    far, width = at_most + 1, len(word)
    before_last: list[int] = []
    last = [min(column, far) for column in range(width + 1)]
    for row, letter in enumerate(typed, 1):
        current = [far] * (width + 1)
        current[0] = least_of_row = min(row, far)
        # Further from the diagonal there are too many errors already.
        for column in range(max(1, row - at_most), min(width, row + at_most) + 1):
            other = word[column - 1]
            if letter == other:
                least = last[column - 1]
            else:
                least = 1 + min(last[column - 1], last[column], current[column - 1])
                if row > 1 and column > 1 and letter == word[column - 2] and typed[row - 2] == other:
                    least = min(least, before_last[column - 2] + 1)
            current[column] = least
            least_of_row = min(least_of_row, least)
        if least_of_row >= far and min(last) >= far:
            return None, None
        before_last, last = last, current
    whole, begun = last[-1], min(last)
    return (whole if whole < far else None), (begun if begun < far else None)
