import Billing
import Fuzzing
import Laws
import Webhooks

/// One body, as Stripe or a stranger with the secret would post it.
///
/// Laws: reading it ends, and well; what is read survives being stored; no NUL reaches the database.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzEvent(_ start: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    guard let event = try? Event(parsing: input(start, size)) else { return 0 }
    require(StripeID.isValid(event.id) && StripeID.isValid(event.type), "an event has an id and a type")
    if case .unreadable(let reason, _) = event.content {
        require(!reason.isEmpty, "an event that is kept apart says why")
    }

    let received = Instant(unixSeconds: 1_750_000_000)
    let records = event.records(receivedAt: received)
    let references = records.map(\.reference)
    require(references == Set(references).sorted(), "one record an object, in order")
    for (record, again) in zip(records, event.records(receivedAt: received)) {
        require(record == again, "an event says the same each time")
        require(record.merging(record) == record, "merging is idempotent")
    }
    PaymentLaws.check(records, account: event.account)
    return 0
}

@_cdecl("LLVMFuzzerCustomMutator")
public func mutateEvent(
    _ buffer: UnsafeMutablePointer<UInt8>,
    _ size: Int,
    _ maxSize: Int,
    _ seed: UInt32
) -> Int {
    JSONMutator.mutate(
        buffer,
        size: size,
        maxSize: maxSize,
        seed: seed,
        words: EventWords.all,
        byBytes: libFuzzerMutate
    )
}

@_silgen_name("LLVMFuzzerMutate")
func libFuzzerMutate(_ buffer: UnsafeMutablePointer<UInt8>, _ size: Int, _ maxSize: Int) -> Int
