import Billing
import Storage
import StripeAPI

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Puts questions to Stripe's API, and enters each object of the answer into the log.
///
/// An answer may be entered twice: what it shows is then known already.
struct Inquirer: Sendable {
    /// Why a question has no answer, or none yet.
    enum Failure: Error {
        case stripe(StripeAPIError)
        case store(StoreError)
        /// Asking again would end in the same; says why, and quotes nothing of the answer.
        case hopeless(StaticString)
    }

    let store: any Store
    let stripe: StripeClient
    /// The mode of what does not say its own, such as refunds: a key sees objects of one mode only.
    let livemode: Bool
    let now: @Sendable () -> Instant

    /// So many pages that no charge has them: a list that goes on is none.
    private static let maxPages = 100

    func pursue(_ question: StripeQuestion, account: String?) async throws(Failure) {
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
            try await enter(answer.bytes, reference, account: account, shownAt: answer.date)
        case .refunds(let charge):
            _ = try await enterAll(.refunds(charge: charge), .refund, account: account, path: path)
        case .payments(let invoice):
            let listing = StripeListing.invoicePayments(ofInvoice: invoice)
            let listed = try await enterAll(listing, .invoicePayment, account: account, path: path)
            if listed == 0 {
                try await enterUnlistedPayment(ofInvoice: invoice, account: account, path: path)
            }
        case .thinEvent(let id):
            try await follow(id)
        }
    }

    private func enterAll(
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
                try await enter(object, ObjectReference(kind, id), account: account, shownAt: page.date)
            }
            listed += page.objects.count
            next = page.next
        }
        return listed
    }

    /// Enters an invoice together with the list of its payments, which is empty and complete: what was paid of it was
    /// paid outside Stripe, for a payment through Stripe would be listed.
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
            shownAt: answer.date
        )
    }

    // MARK: Thin events

    /// Fetches what a thin event is about, unless the snapshot event that Stripe made of the same came as well.
    private func follow(_ id: String) async throws(Failure) {
        guard let logged = try await read(event: id), case .thin(let thin) = logged.event?.content else {
            throw .hopeless("there is no such thin event on record")
        }
        if let twin = try await twin(of: id, thin), try await read(event: twin) != nil { return }
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
            shownAt: answer.date
        )
    }

    /// The id of the snapshot event, as far as Stripe will say.
    private func twin(of id: String, _ thin: ThinEvent) async throws(Failure) -> String? {
        let event: [UInt8]
        do {
            event = try await stripe.thinEvent(id, context: thin.context)
        } catch .notFound, .forbidden, .rejected {
            // Stripe forgot it, or does not show it to our key or in our version: the object itself says all that matters.
            return nil
        } catch {
            throw .stripe(error)
        }
        return (try? JSONDecoder().decode(Twinned.self, from: Data(event)))?.snapshot_event
    }

    private struct Twinned: Decodable { let snapshot_event: String? }

    // MARK: The log

    /// Enters an object as Stripe showed it at a time of its own clock, where it said when.
    ///
    /// Beside the times of Stripe's events, our clock could put the answer before or behind what has happened since.
    private func enter(
        _ object: [UInt8],
        _ reference: ObjectReference,
        account: String?,
        livemode: Bool? = nil,
        shownAt: Int64?
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
            now: shownAt.map(Instant.init(unixSeconds:)) ?? now
        )
        // Left to fail, it would hold up all the others each time that it is due.
        guard let event = try? EventCoding.decode(body) else {
            throw .hopeless("no event can be made of Stripe's answer")
        }
        let delivered = DeliveredEvent(event: event, payload: body, receivedAt: now, source: .api)
        do {
            _ = try await store.record(delivered)
        } catch {
            throw .store(error)
        }
    }

    private func read(event id: String) async throws(Failure) -> LoggedEvent? {
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
    /// An object of a kind we read, a PaymentIntent with the charge that decides.
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
