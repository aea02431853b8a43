import Billing
import Hummingbird
import Storage

/// `GET /v1/transactions/{id}/receipt`: redirects to Stripe's receipt with a fresh URL, or else to an
/// alternative.
struct ReceiptController: Sendable {
    let access: TransactionAccess
    let source: any ReceiptSource
    let hosts: ReceiptHosts
    let log: any EventLog
    let merchant: Merchant
    let assets: AssetLinks
    let pages: PageResponse
    let instruments: WebInstruments
    let problems: ProblemPages

    /// The maximum number of a payment's newest events that are searched for the link, the buyer and the items.
    private static let maximumEvents = 40

    func addRoutes(to routes: Routes) {
        routes.get("/v1/transactions/{id}/receipt", cost: .page, use: open)
        routes.get("/v1/transactions/{id}/receipt/print", cost: .page, use: print)
    }

    private enum Format: String, CaseIterable { case pdf, html }

    @Sendable
    private func open(_ request: Request, _ context: AppContext) async throws -> Response {
        try await problems.orPage(request, context) { try await receipt(request, context) }
    }

    private func receipt(_ request: Request, _ context: AppContext) async throws -> Response {
        let (detail, format) = try await authorised(request, context)
        let transaction = detail.transaction
        guard let target = transaction.receiptTarget(prefersPDF: format == .pdf) else {
            throw APIError.receiptUnavailable
        }
        do {
            let url = try await source.freshURL(for: target)
            instruments.openedReceipt(.fresh)
            return PageResponse.redirect(to: url.text, status: .found)
        } catch {
            context.logger.notice(
                "receipt not fetched",
                metadata: ["transaction": "\(transaction.id)", "reason": "\(error.reason)"]
            )
        }
        let events = try await newestEvents(of: detail)
        let links = events.lazy.compactMap { event in
            transaction.charge.flatMap { event.event?.receipt(ofCharge: $0, now: context.now, hosts: hosts) }
        }
        if let link = links.first {
            instruments.openedReceipt(.stored)
            return PageResponse.redirect(to: link.text, status: .found)
        }
        instruments.openedReceipt(.own)
        return page(detail, events, request)
    }

    @Sendable
    private func print(_ request: Request, _ context: AppContext) async throws -> Response {
        try await problems.orPage(request, context) {
            let (detail, _) = try await authorised(request, context)
            guard detail.transaction.receipt.available else { throw APIError.receiptUnavailable }
            return page(detail, try await newestEvents(of: detail), request)
        }
    }

    private func authorised(
        _ request: Request,
        _ context: AppContext
    ) async throws -> (PaymentDetail, Format?) {
        try await access.payment(request, context, for: .receipt) { try $0.choice("format") }
    }

    private func newestEvents(of detail: PaymentDetail) async throws -> [StoredEvent] {
        var events: [StoredEvent] = []
        for id in detail.events.suffix(Self.maximumEvents).reversed() {
            events += try await log.renderings(of: id).newestVersionFirst
        }
        return events
    }

    private func page(_ detail: PaymentDetail, _ events: [StoredEvent], _ request: Request) -> Response {
        let page = ReceiptPage(
            detail,
            particulars: ReceiptLines(
                bodies: events.compactMap(\.payload),
                charge: detail.transaction.charge,
                invoice: detail.transaction.invoice
            ),
            merchant: merchant,
            assets: assets
        )
        return pages.html(page.html, to: request)
    }
}
