import Billing
import JSON
package import Storage
package import StripeAPI

/// One object of a page, with the fields that the walk needs.
struct ListedObject: Sendable {
    let id: String
    let created: Instant?
    let bytes: [UInt8]
}

/// One page of a list, as passed to the walk's `handle`.
struct ListedPage: Sendable {
    let collection: ListProgress.Collection
    let objects: [ListedObject]
    /// The time of the response by Stripe's clock.
    ///
    /// Our clock may run ahead, and the fetched state would then outrank later events.
    let observedAt: Instant

    /// The kind of the objects; `nil` for a page of events.
    var kind: ObjectKind? { collection.kind }
}

extension ListProgress.Collection {
    var kind: ObjectKind? {
        switch self {
        case .events: nil
        case .paymentIntents: .paymentIntent
        case .charges: .charge
        case .refunds: .refund
        case .disputes: .dispute
        case .invoicePayments: .invoicePayment
        case .invoices: .invoice
        case .customers: .customer
        }
    }

    /// The lists that show the state of payments.
    ///
    /// Objects that refer to others come first, so that nothing is fetched that a later list brings.
    static let objects = [
        Self.paymentIntents, .charges, .refunds, .disputes, .invoicePayments, .invoices,
    ]
}

extension ListProgress {
    /// The order of the lists.
    ///
    /// Undelivered events come first and objects older than events last. Customers come before the other
    /// objects, so that none is fetched singly when a payment names it.
    fileprivate var urgency: Int {
        switch collection {
        case .events: isUndelivered ? 0 : 1
        case .customers: 2
        default: 3
        }
    }

    fileprivate var depth: Int64 { reached.map { -$0.unixSeconds } ?? .min }

    /// The request for this list; `nil` for events without a type.
    package var listing: StripeListing? {
        let range = CreatedRange(from: from.unixSeconds, through: through?.unixSeconds)
        return switch collection {
        case .events:
            StripeListing.events(
                ofTypes: types,
                created: range,
                isDelivered: isUndelivered ? false : nil
            ).first
        case .paymentIntents: .paymentIntents(created: range)
        case .charges: .charges(created: range)
        case .refunds: .refunds(created: range)
        case .disputes: .disputes(created: range)
        case .invoicePayments: .invoicePayments(created: range)
        case .invoices: .invoices(created: range)
        case .customers: .customers(created: range)
        }
    }
}

/// Reads Stripe's lists page by page, from the newest object to the oldest.
///
/// Progress past a page is stored only after its objects are processed.
struct ListCrawler {
    let session: RunSession
    /// Whether the run can resume after a restart: progress is then stored after every page.
    let isKept: Bool
    let handle: (ListedPage) async throws(Interruption) -> Void
    private var guards: [Int: OrderGuard] = [:]

    init(
        _ session: RunSession,
        isKept: Bool,
        handle: @escaping (ListedPage) async throws(Interruption) -> Void
    ) {
        self.session = session
        self.isKept = isKept
        self.handle = handle
    }

    /// Reads the first page of every list that has not been started.
    mutating func probe() async throws(Interruption) {
        for index in session.progress.lists.indices where session.progress.lists[index].state == .waiting {
            try await step(index)
        }
    }

    /// Reads all lists to their end, interleaved by time.
    ///
    /// Related objects then arrive close together, so the feed shows few half-known payments and few missing
    /// objects are fetched singly.
    mutating func finish() async throws(Interruption) {
        while let index = Self.next(of: session.progress.lists) { try await step(index) }
    }

    /// The list to read next: among the most urgent, the one that has advanced least into the past.
    static func next(of lists: [ListProgress]) -> Int? {
        lists.indices.filter { [.waiting, .walking].contains(lists[$0].state) }.min { one, other in
            let (first, second) = (lists[one], lists[other])
            if first.urgency != second.urgency { return first.urgency < second.urgency }
            return first.depth < second.depth
        }
    }

    private mutating func step(_ index: Int) async throws(Interruption) {
        let list = session.progress.lists[index]
        guard let listing = list.listing else { return refuse(index, "there is no such list") }
        let page: StripePage
        do throws(PageFault) {
            page = try await session.page(
                of: listing,
                StripePaging(list.cursor.map { .startingAfter($0) })
            )
        } catch {
            return try await handleFault(index, error)
        }
        let listed = ListedPage(
            collection: list.collection,
            objects: zip(page.ids, page.objects).map { id, bytes in
                ListedObject(id: id, created: Self.created(bytes), bytes: bytes)
            },
            observedAt: page.date.map(Instant.init(unixSeconds:)) ?? session.now
        )
        guard guards[index, default: OrderGuard()].admits(listed.objects) else {
            refuse(
                index,
                "the list is not sorted from the newest to the oldest, so it cannot be read page by page "
                    + "(\(page.requestID ?? "no request id"))"
            )
            return try await keep()
        }
        try await handle(listed)
        advance(index, listed, isLast: page.next == nil)
        try await keep()
    }

    /// Handles a page that could not be read: skips the list or restarts it from the time reached.
    private func handleFault(_ index: Int, _ fault: PageFault) async throws(Interruption) {
        switch fault {
        case .interrupted(let interruption): throw interruption
        case .listRefused(let reason): refuse(index, reason)
        case .cursorUnknown:
            // The object at the cursor no longer exists (Stripe drops old events, and drafts can be deleted):
            // restart from the time reached.
            if let reached = session.progress.lists[index].reached {
                session.progress.lists[index].cursor = nil
                session.progress.lists[index].through = reached
            } else {
                refuse(index, "the object at the cursor no longer exists")
            }
        }
        try await keep()
    }

    private func advance(_ index: Int, _ page: ListedPage, isLast: Bool) {
        session.progress.listed += page.objects.count
        session.progress.lists[index].pages += 1
        session.progress.lists[index].state = isLast ? .done : .walking
        guard let last = page.objects.last else { return }
        session.progress.lists[index].cursor = last.id
        session.progress.lists[index].reached = last.created ?? session.progress.lists[index].reached
        if session.progress.lists[index].newest == nil {
            session.progress.lists[index].newest = page.objects.first?.created
        }
    }

    private func refuse(_ index: Int, _ reason: String) {
        session.progress.lists[index].state = .refused
        session.progress.note("\(session.progress.lists[index].name): \(reason)")
    }

    private func keep() async throws(Interruption) { if isKept { try await session.keep() } }

    private static func created(_ bytes: [UInt8]) -> Instant? {
        let created = try? JSONValue.read(bytes) { $0.integer("created") }
        return created.map(Instant.init(unixSeconds:))
    }
}

/// Detects a list in the wrong order, or one that repeats pages.
struct OrderGuard {
    private var reached: Instant?
    /// The ids seen with that creation time.
    private var ids: Set<String> = []

    /// Whether the page may follow the earlier ones.
    mutating func admits(_ page: [ListedObject]) -> Bool {
        guard let first = page.first, let last = page.last else { return true }
        guard let top = first.created, let bottom = last.created else { return page.count < 2 }
        if top < bottom { return false }
        if let reached {
            if bottom > reached { return false }
            // Several pages may have the same second, but each must hold a new id.
            if bottom == reached, page.allSatisfy({ ids.contains($0.id) }) { return false }
        }
        if bottom != reached { ids = [] }
        reached = bottom
        ids.formUnion(page.lazy.filter { $0.created == bottom }.map(\.id))
        return true
    }
}
