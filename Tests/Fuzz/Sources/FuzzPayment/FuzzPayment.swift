import Billing
import Fuzzing
import Laws
import Webhooks

/// Events of one account, one a line, in the order in which they happen to arrive.
///
/// The law: neither order nor repetition changes what is known, nor a row made of it.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzPayment(_ start: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    let events = input(start, size).split(separator: UInt8(ascii: "\n")).prefix(32)
        .compactMap { try? Event(parsing: Array($0)) }
    guard let account = events.first?.account ?? nil as String?, !account.isEmpty else {
        check(events.filter { $0.account == nil }, account: nil)
        return 0
    }
    check(events.filter { $0.account == account }, account: account)
    return 0
}

private func check(_ events: [Event], account: String?) {
    guard !events.isEmpty else { return }
    let records = events.map { $0.records(receivedAt: Instant(unixSeconds: 1_750_000_000)) }
    let known = merged(records)
    PaymentLaws.check(known, account: account)

    let rows = PaymentLaws.sorted(PaymentGroup(known, account: account).transactions)
    let half = records.count / 2
    let others = [
        merged(records.reversed()),
        merged(records + records),
        merged(Array(records[half...] + records[..<half])),
        // Associative as well: what two processes knew, put together.
        merged([merged(Array(records[..<half])), merged(Array(records[half...]))]),
    ]
    for other in others {
        require(other == known, "order, repetition and grouping change nothing that is known")
        require(
            PaymentLaws.sorted(PaymentGroup(other, account: account).transactions) == rows,
            "order, repetition and grouping change no row"
        )
    }
}

private func merged(_ records: [[ObjectRecord]]) -> [ObjectRecord] {
    var known: [ObjectReference: ObjectRecord] = [:]
    for record in records.joined() {
        known[record.reference] = known[record.reference]?.merging(record) ?? record
    }
    return known.values.sorted { $0.reference < $1.reference }
}

@_cdecl("LLVMFuzzerCustomMutator")
public func mutatePayment(
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
