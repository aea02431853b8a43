import Billing
import Hummingbird
import Storage

/// `GET /v1/transactions/{id}/receipt`: to Stripe's receipt, fetched fresh; and never a dead end.
struct ReceiptController: Sendable {
    let feed: any TransactionFeed
    let authenticator: Authenticator
    let source: any ReceiptSource
    let hosts: ReceiptHosts
    let log: any EventLog
    let seller: Seller
    let assets: AssetLinks
    let pages: PageResponse
    let instruments: WebInstruments

    /// How many of the newest events about a payment are looked at for who paid and for what.
    private static let maximumEvents = 40

    func addRoutes(to routes: inout Routes) {
        routes.get("/v1/transactions/{id}/receipt", use: open)
        routes.get("/v1/transactions/{id}/receipt/print", use: print)
    }

    private enum Format: String, CaseIterable { case pdf, html }

    @Sendable
    private func open(_ request: Request, _ context: AppContext) async throws -> Response {
        let (detail, format) = try await authorised(request, context)
        let transaction = detail.transaction
        guard let target = transaction.receiptTarget(prefersPDF: format == .pdf) else {
            throw APIError.receiptUnavailable
        }
        do {
            let url = try await source.freshURL(for: target)
            instruments.openedReceipt(.fresh)
            return redirect(to: url)
        } catch {
            context.logger.notice(
                "no fresh receipt",
                metadata: ["transaction": "\(transaction.id)", "reason": "\(error.reason)"]
            )
        }
        if let stored = detail.group.storedReceipt(
            ofCharge: transaction.charge,
            now: context.now,
            hosts: hosts
        ) {
            instruments.openedReceipt(.stored)
            return redirect(to: stored)
        }
        instruments.openedReceipt(.own)
        return try await page(detail, request)
    }

    @Sendable
    private func print(_ request: Request, _ context: AppContext) async throws -> Response {
        let (detail, _) = try await authorised(request, context)
        guard detail.transaction.receipt.available else { throw APIError.receiptUnavailable }
        return try await page(detail, request)
    }

    /// The payment, for a caller with credentials or with a signed link alone.
    private func authorised(
        _ request: Request,
        _ context: AppContext
    ) async throws -> (PaymentDetail, Format?) {
        let id = try context.pathID()
        var query = try QueryReader(request)
        let (expires, signature) = (query.text("expires"), query.text("signature"))
        let format: Format? = try query.choice("format")
        try query.finish()

        let reach: Reach
        if expires != nil || signature != nil {
            try request.refuseIdentities()
            // A link is good for the row of one customer, so the row says what has to be signed.
            let owner = try await feed.transaction(id: id, within: .anyCustomer)?.owner
            let link = ReceiptLink(transaction: id, owner: owner)
            try check(link, expires: expires ?? "", signature: signature ?? "", context)
            reach = owner.map { .customers([$0]) } ?? .anyCustomer
        } else {
            reach = try await authenticator.caller(of: request, needing: .feedRead, context).reach
        }
        guard let detail = try await feed.payment(ofTransaction: id, within: reach) else {
            throw APIError.noSuch("transaction")
        }
        return (detail, format)
    }

    private func check(
        _ link: ReceiptLink,
        expires: String,
        signature: String,
        _ context: AppContext
    ) throws(APIError) {
        let links = context.secrets.links
        switch links.verdict(on: link, expires: expires, signature: signature, now: context.now) {
        case .good: return
        case .expired:
            throw APIError(
                .forbidden,
                .permission,
                code: "link_expired",
                "This link has expired. Go back to the list of transactions and open the receipt from there."
            )
        case .forged:
            throw APIError(
                .forbidden,
                .permission,
                code: "link_invalid",
                "This link is not one of ours, or was altered. Open the receipt from the list of transactions."
            )
        }
    }

    private func redirect(to url: ReceiptURL) -> Response {
        Response(
            status: .found,
            headers: [
                .location: url.text, .cacheControl: "no-store", .referrerPolicy: "no-referrer",
                .contentLength: "0",
            ]
        )
    }

    private func page(_ detail: PaymentDetail, _ request: Request) async throws -> Response {
        var bodies: [[UInt8]] = []
        for id in detail.events.suffix(Self.maximumEvents).reversed() {
            bodies += try await log.renderings(of: id).newestVersionFirst.compactMap(\.payload)
        }
        let page = ReceiptPage(
            detail,
            particulars: ReceiptParticulars(
                bodies: bodies,
                charge: detail.transaction.charge,
                invoice: detail.transaction.invoice
            ),
            seller: seller,
            assets: assets
        )
        return pages.html(page.html, to: request)
    }
}
