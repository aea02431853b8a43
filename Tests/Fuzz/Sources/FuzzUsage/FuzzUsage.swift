import Billing
import Fuzzing
import JSON

@testable import Web

/// Lease records as they are posted: an array, one a line, or one alone.
///
/// Laws: reading it ends, and well; a refusal says which record; what is read survives being stored; the days of a
/// lease add up to its life; what is said twice changes nothing, and final days never change.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzUsage(_ start: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    let body = input(start, size)
    let leases: [LeaseRecord]
    do throws(APIError) {
        leases = try RecordList.read(body) { json throws(JSONFieldError) in try LeaseRecord(sent: json) }
    } catch {
        require(error.parameter?.hasPrefix("records") == true, "a refusal says which record")
        return 0
    }
    for lease in leases.prefix(32) { check(lease) }
    return 0
}

private let days: [CalendarDay] = (0..<40 as Range<Int64>).map { day in
    let first = 1000 &+ day &* 500
    return CalendarDay(
        date: CalendarDate(dayNumber: 20_000 &+ day),
        firstHeight: first,
        lastHeight: first &+ 499,
        lastHeightYet: first &+ 499,
        aktPrice: day.isMultiple(of: 3) ? nil : AKTPrice("0.123456789012345678"),
        isFinal: day < 20
    )
}

private func check(_ lease: LeaseRecord) {
    let again = try? UsageCoding.encode(lease).withUnsafeBufferPointer { try UsageCoding.decodeLease($0) }
    require(again == lease, "a lease read again is the same")

    var blocks: Int64 = 0
    var amounts: [Denomination: TokenAmount] = [:]
    for usage in days.compactMap({ lease.usage(on: $0) }) {
        blocks &+= usage.blocks
        amounts.merge(usage.amounts, uniquingKeysWith: +)
        let spend = Spend(usage.amounts, aktPrice: nil)
        require(spend.known >= .zero, "nothing costs less than nothing")
    }
    let life = lease.cost(of: 1000..<21_000)
    require(blocks == life.blocks && amounts == life.amounts, "the days of a lease add up to its life")

    let known = LeaseState(record: lease)
    let final = days.filter(\.isFinal)
    require(
        LeaseRevision.decide(lease, known: known, finalDays: final, closedThrough: nil).lease == nil,
        "what is said twice changes nothing"
    )
    let late = LeaseRevision.decide(lease, known: nil, finalDays: final, closedThrough: final.last?.date)
    guard let kept = late.lease else { return require(false, "a new lease is new") }
    require(final.allSatisfy { kept.usage(on: $0) == nil }, "what comes too late changes no final day")
    let repeated = LeaseRevision.decide(lease, known: kept, finalDays: final, closedThrough: nil)
    require(repeated.contradictions == late.contradictions, "what comes too late is told each time")
    let stored = try? UsageCoding.encode(kept: kept.kept).withUnsafeBufferPointer {
        try UsageCoding.decodeKept($0)
    }
    require(stored == kept.kept, "kept days read again are the same")
}

@_cdecl("LLVMFuzzerCustomMutator")
public func mutateUsage(
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
        words: [
            "chain_id", "owner", "dseq", "bseq", "provider", "denom", "price_per_block", "price_segments",
            "from_height",
            "price", "created_height", "closed_height", "escrow_end_height", "state", "active", "closed",
            "uakt", "uact",
            "gpu_units", "gpu_model", "as_of_height", "withdrawn", "1499", "1500", "4611686018427387904",
            "0.000000000000000001",
        ],
        byBytes: libFuzzerMutate
    )
}

@_silgen_name("LLVMFuzzerMutate")
func libFuzzerMutate(_ buffer: UnsafeMutablePointer<UInt8>, _ size: Int, _ maxSize: Int) -> Int
