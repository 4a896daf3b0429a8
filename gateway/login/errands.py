"""Which errand an answer is for, when no service asked for the login."""

from gateway.login.linking import Linking
from gateway.login.messages import Authentication
from gateway.login.mine import ERRAND, MyPage
from gateway.login.steps import Step
from gateway.login.transactions import Transaction


class AllErrands:
    """Fulfils Errands."""

    def __init__(self, linking: Linking, mine: MyPage) -> None:
        self._linking = linking
        self._mine = mine

    def finish(self, transaction: Transaction, authentication: Authentication) -> Step:
        if transaction.errand == ERRAND:
            return self._mine.finish(transaction, authentication)
        return self._linking.finish(transaction, authentication)
