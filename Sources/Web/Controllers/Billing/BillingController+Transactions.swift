import Billing
import Hummingbird
import Storage

/// The tab of transactions, and its form that has a receipt e-mailed.
extension BillingController {
    func transactions(
        _ request: Request,
        _ context: AppContext,
        _ visitor: PageUser
    ) async throws -> Response {
        let customers = try visitor.customers
        var query = try QueryReader(request)
        let view = try query.transactionsView()
        let notice: PageNotice.Outcome? = try query.choice("notice")
        try query.finish()

        let filter = view.filter(within: customers.accessScope, now: context.now)
        let total = try await feed.count(filter)
        guard let page = try await feed.page(filter, cursor: view.cursor, limit: view.perPage) else {
            // The cursor's row no longer exists: show the first page.
            return PageResponse.redirect(to: assets.root + view.link.text)
        }
        var payments: [String: PaymentDetail] = [:]
        for row in page.elements {
            payments[row.id] = try await feed.payment(ofTransaction: row.id, within: customers.accessScope)
        }
        let model = TransactionsPage(
            view,
            rows: page.elements,
            payments: payments,
            total: total,
            hasMore: page.hasMore,
            customer: customers.named,
            now: context.now,
            notice: notice.map(PageNotice.init),
            formToken: visitor.formToken,
            signature: pages.frameAncestors.isEmpty
                ? nil : { context.secrets.links.query(TransactionLink($0, for: $1), now: context.now) },
            frame: frame(.transactions, visitor)
        )
        return pages.html(model.html, to: request)
    }

    /// Handles the page's e-mail form for browsers without scripts: it does what the API route does, and
    /// redirects back to the page.
    @Sendable
    func email(_ request: Request, _ context: AppContext) async throws -> Response {
        var query = try? QueryReader(request)
        // The query only selects the page to return to, so an invalid query does not prevent the e-mail.
        let view = (try? query?.transactionsView()) ?? TransactionsView()
        let outcome: PageNotice.Outcome
        do {
            let body = try await request.bytes(upTo: 4096, context)
            var form = try QueryReader(String(decoding: body, as: UTF8.self))
            let caller = try await authenticator.caller(
                of: request,
                needing: .feedRead,
                context,
                formToken: form.text("form_token")
            )
            _ = try await emailer.send(try context.pathID(), to: nil, for: caller, context)
            outcome = .emailed
        } catch let error as APIError {
            outcome = PageNotice.Outcome(error)
        }
        let back = view.here(PageLink(TransactionsView.path)).with("notice", outcome.rawValue)
        return PageResponse.redirect(to: assets.root + back.text)
    }
}
