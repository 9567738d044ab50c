"""A delivery's program: applied to each planned batch, its failures as a delivery's, its events counted.

Loaded with the first delivery that has one.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from runtime.deliveries.event_request import FilteredBatch, Rejection
from runtime.deliveries.method import Delivery, KilledPrograms, Rest, Unkept
from runtime.deliveries.sent_batch import Account, SentBatch
from runtime.delivery_config.model import DeliveryConfig
from runtime.errors import (
    BlockedByCustomerError,
    ConfigGoneError,
    DeliveryError,
    FailedCall,
    Hop,
    OutOfTimeError,
    RefusedError,
    RetryableError,
)
from runtime.objects.batches import Batch
from runtime.programs import application
from runtime.programs.application import ProgramOutput, ProgramRefusedError
from runtime.programs.check import refusal
from runtime.programs.sandbox import (
    EngineMissingError,
    ProgramKilledError,
    WorkerLostError,
    allowed_seconds,
    host_sandbox,
)

FAILED = "program-failed"
"""The reason of events that are set aside, as the program fails with them."""
KILLED, SWITCHED_OFF = "program-killed", "program-switched-off"
MAX_KILLS = 3
"""Contract §12: of one program, by whatever host; then it isn't run any more."""


def apply_program(delivery: Delivery, batch: Batch, kills: KilledPrograms | None) -> ProgramOutput:
    """Return what the delivery's program makes of a planned batch.

    :raises runtime.errors.DeliveryError: it can't run, or was killed: the batch is neither sent nor acknowledged.
    """
    config, transform = delivery.config, delivery.config.transform
    assert transform is not None
    if kills is not None and kills.count(config, transform.digest) >= MAX_KILLS:
        raise _switched_off(config)
    problem = refusal(transform)
    if problem:
        raise _blocked("program-refused", problem)
    if not delivery.budget.allows(allowed_seconds(len(batch))):
        raise OutOfTimeError("out-of-time", "no time for the program is left; the rest is handed over")
    try:
        with delivery.program_time.counted():
            return application.apply(transform, batch, delivery.object, host_sandbox(), delivery.budget.remaining())
    except ProgramKilledError as error:
        if kills is not None:
            kills.add(config, transform.digest)
        raise _blocked(KILLED, f"the program was killed: {error}") from error
    except ProgramRefusedError as error:
        raise _blocked("program-refused", f"the engine refuses the program: {error}") from error
    except TimeoutError as error:
        raise OutOfTimeError("out-of-time", "the time budget ended while the program ran") from error
    except (WorkerLostError, EngineMissingError) as error:
        raise _ours(error) from error


@dataclass(frozen=True)
class ProgramAccount(Account):
    """Counts a planned batch whose events a program has seen; positions are those of the planned batch."""

    output: ProgramOutput | None = None

    def filtered(self, of_output: FilteredBatch) -> FilteredBatch:
        """Return what can be sent of the output, by planned positions, with what the program fails with as refused."""
        assert self.output is not None
        sources = self.output.sources
        known = [Rejection(one.reason, sorted({sources[each] for each in one.positions})) for one in of_output.refused]
        if self.output.failed:
            known.append(Rejection(FAILED, self.output.failed))
        return replace(of_output, refused=known, positions=[sources[each] for each in of_output.positions])

    def of_filtered(
        self, filtered: FilteredBatch, refused: Sequence[Unkept], rejected: Sequence[Rejection]
    ) -> SentBatch:
        """Count a batch that was sent now, or what was left of it."""
        sent = super().of_filtered(filtered, refused, rejected)
        return sent if self.rest is not None else replace(sent, program=self._counts_of(range(len(self.batch))))

    def of_positions(self, positions: Collection[int], unkept: Sequence[Unkept], rest: Rest | None = None) -> SentBatch:
        """Count what was made of some of the batch's events."""
        assert self.output is not None
        made, refused = self.output.batch, {each for one in unkept for each in range(one.start, one.stop)}
        counted = {*positions}.difference(refused)
        of_these = [at for at, source in enumerate(self.output.sources) if source in counted]
        sent = [at for at in of_these if made.sizes[at] or not self.leaves_out_empty]
        return SentBatch(
            self.batch.index,
            len(sent),
            sum(made.sizes[at] for at in sent),
            len(of_these) - len(sent),
            Counter(event.reason for event in self.events(unkept)),
            made.timestamps[sent[0]] if sent else None,
            rest,
            self._counts_of(positions),
        )

    def _counts_of(self, positions: Collection[int]) -> Counter[str]:
        assert self.output is not None
        if len(positions) == len(self.batch):
            return self.output.counts
        dropped, failed = (len({*each}.intersection(positions)) for each in (self.output.dropped, self.output.failed))
        counts = {
            application.IN: len(positions),
            application.OUT: len(positions) - dropped - failed,
            application.DROPPED: dropped,
            application.SET_ASIDE: failed,
            application.MADE: sum(source in positions for source in self.output.sources),
        }
        return Counter(counts)

    def _counts(self, position: int) -> bool:
        """Count an empty event, too: a program may have made something of it."""
        del position
        return True


def _switched_off(config: DeliveryConfig) -> DeliveryError:
    step = "customer: change the program in the delivery config; delivery then resumes automatically"
    error = ConfigGoneError(SWITCHED_OFF, f"the program of {config.type} was killed {MAX_KILLS} times; {step}")
    error.call = FailedCall(Hop.DESTINATION.name, "program", config.type, step)
    return error


def _blocked(reason: str, detail: str) -> DeliveryError:
    error = BlockedByCustomerError(reason, detail)
    error.call = FailedCall(Hop.DESTINATION.name, "program")
    return error


def _ours(error: Exception) -> DeliveryError:
    """Return a failure of the host's: no circuit of the destination's opens for it."""
    missing = isinstance(error, EngineMissingError)
    failure: DeliveryError
    if missing:
        failure = RefusedError("program-engine-missing", "the engine of programs isn't installed on this host")
    else:
        failure = RetryableError("program-worker-lost", str(error))
    failure.call = FailedCall(Hop.EXECUTION.name, "program")
    return failure
