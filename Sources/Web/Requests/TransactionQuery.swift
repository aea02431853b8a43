import Billing
import Storage

extension QueryReader {
    /// The filters that the feed and its export share; 404 for a customer that the caller may not see.
    mutating func transactionFilter(within accessScope: AccessScope) throws(APIError) -> TransactionFilter {
        var filter = TransactionFilter(try accessScope.restricted(toNamed: try customer()))
        if let type: Transaction.Kind = try choice("type") { filter.types = [type] }
        filter.status = try status()
        if let currency = text("currency") {
            guard let currency = Currency(parsing: currency) else {
                throw .invalid("currency", "Give a currency code of 3 to 8 letters and digits, such as usd.")
            }
            filter.currency = currency
        }
        try readRange(into: &filter)
        filter.search = try search()
        return filter
    }

    mutating func status() throws(APIError) -> String? {
        guard let status = text("status") else { return nil }
        // Stripe adds statuses without notice, so an unknown status is allowed, and finds no rows.
        guard 1...64 ~= status.utf8.count,
            status.utf8.allSatisfy({ 0x61...0x7A ~= $0 || $0 == UInt8(ascii: "_") })
        else { throw .invalid("status", "Give a status as Stripe spells it, such as requires_action.") }
        return status
    }

    mutating func search() throws(APIError) -> String? {
        guard let search = text("q") else { return nil }
        guard search.utf8.count <= 256 else { throw .invalid("q", "Search for at most 256 bytes.") }
        return search
    }

    mutating func identifier(_ name: String) throws(APIError) -> String? {
        guard let id = text(name) else { return nil }
        guard StripeID.isValid(id) else { throw .invalid(name, "This is not an id of Stripe's.") }
        return id
    }

    private mutating func readRange(into filter: inout TransactionFilter) throws(APIError) {
        let exact = try instant("created")
        let (from, after) = (try instant("created[gte]"), try instant("created[gt]"))
        let (to, before) = (try instant("created[lte]"), try instant("created[lt]"))
        if let begin = [from, after].compactMap(\.self).max(),
            let end = [to, before].compactMap(\.self).min(),
            end < begin
        {
            throw .invalid("created", "The range ends before it begins: swap its two ends.")
        }
        filter.createdFrom = [exact, from, after?.adding(seconds: 1)].compactMap(\.self).max()
        filter.createdTo = [exact, to, before?.adding(seconds: -1)].compactMap(\.self).min()
    }

    mutating func cursor(
        after afterName: String = "starting_after",
        before beforeName: String = "ending_before"
    ) throws(APIError) -> Cursor {
        let after = try identifier(afterName)
        let before = try identifier(beforeName)
        switch (after, before) {
        case (nil, nil): return .start
        case (let id?, nil): return .startingAfter(id)
        case (nil, let id?): return .endingBefore(id)
        case (_?, _?):
            throw .invalid(beforeName, "Give either \(afterName) or \(beforeName), not both.")
        }
    }
}
