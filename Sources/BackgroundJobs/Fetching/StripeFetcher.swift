import Billing
import JSON
import Storage
import StripeAPI

/// Fetches objects from Stripe's API and records each in the event log.
///
/// Recording the same object twice is harmless: its content is then known.
struct StripeFetcher: Sendable {
    /// Why a request has no answer, or none yet.
    enum Failure: Error {
        case stripe(StripeAPIError)
        case store(StoreError)
        /// A retry would fail in the same way. The text says why and quotes nothing from the answer.
        case hopeless(StaticString)
    }

    let store: any Store
    let stripe: StripeClient
    /// The mode of objects without a `livemode` field, such as refunds: a key sees objects of one mode only.
    let livemode: Bool
    let now: @Sendable () -> Instant

    /// Far more pages than the refunds of one charge fill; a longer list is treated as endless.
    private static let maxPages = 100

    func perform(_ question: StripeFetchRequest, account: String?) async throws(Failure) {
        let path: String?
        do {
            path = try await store.path(to: account, for: stripe)
        } catch {
            throw .store(error)
        }
        switch question {
        case .object(let reference):
            let answer = try await ask { () async throws(StripeAPIError) in
                try await stripe.object(reference, account: path)
            }
            try await enter(answer.bytes, reference, account: account, observedAt: answer.date)
        case .refunds(let charge):
            _ = try await recordAll(.refunds(charge: charge), .refund, account: account, path: path)
        case .payments(let invoice):
            let listing = StripeListing.invoicePayments(ofInvoice: invoice)
            let listed = try await recordAll(listing, .invoicePayment, account: account, path: path)
            if listed == 0 {
                try await enterUnlistedPayment(ofInvoice: invoice, account: account, path: path)
            }
        case .thinEvent(let id):
            try await follow(id)
        }
    }

    private func recordAll(
        _ listing: StripeListing,
        _ kind: ObjectKind,
        account: String?,
        path: String?
    ) async throws(Failure) -> Int {
        var next: StripePaging? = StripePaging()
        var pages = 0
        var listed = 0
        while let paging = next {
            pages += 1
            guard pages <= Self.maxPages else { throw .hopeless("Stripe's list does not end") }
            let page = try await ask { () async throws(StripeAPIError) in
                try await stripe.page(of: listing, paging, account: path)
            }
            for (id, object) in zip(page.ids, page.objects) {
                try await enter(object, ObjectReference(kind, id), account: account, observedAt: page.date)
            }
            listed += page.objects.count
            next = page.next
        }
        return listed
    }

    /// Records an invoice with its complete, empty list of payments.
    ///
    /// Payments through Stripe would be listed, so whatever was paid was paid outside Stripe.
    private func enterUnlistedPayment(
        ofInvoice id: String,
        account: String?,
        path: String?
    ) async throws(Failure) {
        let answer = try await ask { () async throws(StripeAPIError) in
            try await stripe.retrieve(
                ObjectKind.invoice.rawValue,
                id: id,
                path: ["v1", "invoices"],
                query: [("expand[]", "payments")],
                account: path
            )
        }
        try await enter(
            answer.bytes,
            ObjectReference(.invoice, id),
            account: account,
            observedAt: answer.date
        )
    }

    // MARK: Thin events

    /// Fetches the object of a thin event, unless the matching snapshot event is in the log.
    private func follow(_ id: String) async throws(Failure) {
        guard let logged = try await read(event: id), case .thin(let thin) = logged.event?.content else {
            throw .hopeless("there is no such thin event on record")
        }
        if let snapshotEventID = try await snapshotEventID(of: id, thin),
            try await read(event: snapshotEventID) != nil
        {
            return
        }
        let answer = try await ask { () async throws(StripeAPIError) in
            try await stripe.object(
                thin.object.id,
                path: thin.object.kind.apiPathSegments,
                ofThinEvent: id,
                context: thin.context
            )
        }
        try await enter(
            answer.bytes,
            thin.object,
            account: logged.entry.account,
            livemode: logged.entry.livemode,
            observedAt: answer.date
        )
    }

    /// The id of the matching snapshot event, if Stripe gives it.
    private func snapshotEventID(of id: String, _ thin: ThinEvent) async throws(Failure) -> String? {
        let event: [UInt8]
        do {
            event = try await stripe.thinEvent(id, context: thin.context)
        } catch .notFound, .forbidden, .rejected {
            // Stripe dropped the event, or refuses it to our key or API version: the object itself is enough.
            return nil
        } catch {
            throw .stripe(error)
        }
        return try? JSONValue.read(event) { $0.string("snapshot_event") }
    }

    // MARK: The log

    /// Records an object with the time of Stripe's response, or our time if the response has none.
    ///
    /// Stripe's clock is used because its events carry its times: with our clock, the object could sort
    /// before or after events wrongly.
    private func enter(
        _ object: [UInt8],
        _ reference: ObjectReference,
        account: String?,
        livemode: Bool? = nil,
        observedAt: Int64?
    ) async throws(Failure) {
        let now = now()
        let body = FetchedObject.eventBody(
            showing: reference,
            object: object,
            id: "fetched_" + String(UInt64.random(in: .min ... .max), radix: 36)
                + String(UInt64.random(in: .min ... .max), radix: 36),
            account: account,
            livemode: livemode ?? self.livemode,
            apiVersion: stripe.version.text,
            now: observedAt.map(Instant.init(unixSeconds:)) ?? now
        )
        // Throw `hopeless` here: an error of the store would stop the whole batch each time that this item is
        // due.
        guard let event = try? IncomingEvent(parsing: body, receivedAt: now, source: .api) else {
            throw .hopeless("no event can be made of Stripe's answer")
        }
        do {
            _ = try await store.record(event)
        } catch {
            throw .store(error)
        }
    }

    private func read(event id: String) async throws(Failure) -> StoredEvent? {
        do {
            return try await store.entry(id: id)
        } catch {
            throw .store(error)
        }
    }

    private func ask<Answer>(
        _ request: () async throws(StripeAPIError) -> Answer
    ) async throws(Failure) -> Answer {
        do {
            return try await request()
        } catch {
            throw .stripe(error)
        }
    }
}

extension StripeClient {
    /// Retrieves an object; a PaymentIntent includes its latest charge.
    func object(
        _ reference: ObjectReference,
        account: String?
    ) async throws(StripeAPIError) -> StripeAnswer {
        try await retrieve(
            reference.kind.rawValue,
            id: reference.id,
            path: reference.kind.apiPathSegments,
            query: reference.kind == .paymentIntent ? [("expand[]", "latest_charge")] : [],
            account: account
        )
    }
}

extension ObjectKind {
    fileprivate var apiPathSegments: [String] { apiPath.split(separator: "/").map(String.init) }
}
