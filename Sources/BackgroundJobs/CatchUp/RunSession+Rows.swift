import Billing
import Storage

/// Reads the stored payments and rows that are compared with Stripe, and derives them again.
extension RunSession {
    func payments(
        of references: [ObjectReference]
    ) async throws(Interruption) -> [ObjectReference: [ObjectRecord]] {
        do {
            let payments = try await store.payments(of: references, account: account)
            var found: [ObjectReference: [ObjectRecord]] = [:]
            for records in payments {
                for record in records { found[record.reference] = records }
            }
            return found
        } catch {
            throw .store(error)
        }
    }

    func row(_ id: String) async throws(Interruption) -> Transaction? {
        do {
            return try await store.transaction(id: id, within: .anyCustomer)
        } catch {
            throw .store(error)
        }
    }

    func rowsOfPeriod(_ cursor: Cursor) async throws(Interruption) -> Page<Transaction> {
        let filter = TransactionFilter(
            .anyCustomer,
            createdFrom: request.from,
            createdTo: request.through
        )
        do {
            // The row at the cursor was deleted, so paging cannot continue: the remaining unlisted rows are
            // not compared.
            return try await store.page(filter, cursor: cursor, limit: 200)
                ?? Page(elements: [], hasMore: false)
        } catch {
            throw .store(error)
        }
    }

    /// Derives the rows of the object's payment again from the log.
    func deriveAgain(_ reference: ObjectReference) async throws(Interruption) {
        do {
            let query = EventQuery(objectID: reference.id, limit: 100)
            let events = try await store.entries(query)?.elements.filter { $0.disposition == .projected }
            for id in Set((events ?? []).map(\.id)) { _ = try await store.reproject(eventID: id) }
        } catch {
            throw .store(error)
        }
    }
}
