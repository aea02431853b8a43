import Billing
import Foundation
import Fuzzing
import Hummingbird
import Storage
@testable import Web

/// A query string, as the feed's routes read it.
///
/// Laws: a second decoder reads the same parameters; an answered filter and cursor are within their bounds; a
/// parameter that the route does not read is refused.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzQuery(_ start: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    let query = String(decoding: input(start, size), as: UTF8.self)
    let reference = PlainQuery(query)
    let reader: QueryReader
    do {
        reader = try QueryReader(Request(query: query))
    } catch {
        require(
            reference == .refused(parameter: error.parameter),
            "the query is refused rightly: \(reference)"
        )
        return 0
    }
    guard case .read(let pairs) = reference else {
        require(false, "a query that says nothing certain is refused")
        return 0
    }
    var byName = reader
    for (name, value) in pairs {
        require(
            (byName.text(name) ?? "").utf8.elementsEqual(value.utf8),
            "a parameter has the value it was given"
        )
    }
    require((try? byName.finish()) != nil, "no other parameters were read")
    checkIDs(pairs.values)
    checkFeed(reader, parameters: Set(pairs.keys))
    checkTimes(reader)
    return 0
}

/// An id that is put into a path comes out of it again.
private func checkIDs(_ texts: some Sequence<String>) {
    for text in texts {
        let segment = PercentEncoding.encoded(text)
        require(!segment.contains("/") && segment.utf8.allSatisfy { 0x21...0x7E ~= $0 }, "a segment is one")
        require(
            PercentEncoding.decoded(segment).map { Array($0.utf8) } == Array(text.utf8),
            "a segment comes back"
        )
    }
}

private func checkFeed(_ reader: QueryReader, parameters: Set<String>) {
    var reader = reader
    guard let filter = try? reader.transactionFilter(within: .anyCustomer) else { return }
    if case .customers(let named) = filter.accessScope {
        require(named.allSatisfy { StripeID.isValid($0.customer) }, "a customer is an id")
    }
    require(
        filter.currency.map { $0.code.utf8.allSatisfy { 0x61...0x7A ~= $0 } } ?? true,
        "a currency is letters"
    )
    require((filter.search?.utf8.count ?? 0) <= 256, "a search is short")
    require(filter.search?.utf8.contains(0) != true, "no NUL is searched for")
    for bound in [filter.createdFrom, filter.createdTo].compactMap(\.self) {
        require(-1...253_402_300_800 ~= bound.unixSeconds, "a time is within four-digit years")
    }
    guard let cursor = try? reader.cursor() else { return }
    switch cursor {
    case .start: break
    case .startingAfter(let id), .endingBefore(let id): require(StripeID.isValid(id), "a cursor is an id")
    case .offset: require(false, "a cursor of the feed is no offset")
    }
    guard let limit = try? reader.integer("limit", in: 1...100) ?? 10 else { return }
    require(1...100 ~= limit, "a page is bounded")
    let known: Set<String> = [
        "customer", "type", "status", "currency", "created", "created[gte]", "created[gt]", "created[lte]",
        "created[lt]", "q", "starting_after", "ending_before", "limit",
    ]
    require(
        ((try? reader.finish()) != nil) == parameters.isSubset(of: known),
        "an unread parameter is refused"
    )
}

private func checkTimes(_ reader: QueryReader) {
    var reader = reader
    // Before 15 October 1582 Foundation counts by the Julian calendar, unlike RFC 3339, and not even consistently.
    if let instant = try? reader.timestamp("created"), instant.unixSeconds >= -12_219_292_800 {
        // The other way round, by a formatter that shares nothing with the parser but its module.
        let text = Date(timeIntervalSince1970: Double(instant.unixSeconds)).formatted(.iso8601)
        if let again = Instant(rfc3339: text) { require(again == instant, "a time comes back: \(text)") }
    }
    if let zone = try? reader.timeZone("q") {
        require(!zone.text(Instant(unixSeconds: 1_750_000_000)).isEmpty, "a zone can tell the time")
    }
}
