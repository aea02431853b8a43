import Billing
import HTTPTypes
import Hummingbird
import Storage

/// The Billing & Usage page: what a customer sees of their own, entered by a customer session.
struct BillingController: Sendable {
    let feed: any TransactionFeed
    let usage: any UsageLedger & CreditLedger
    let links: any SessionLinks
    let authenticator: Authenticator
    let emailer: ReceiptEmailer
    let assets: AssetLinks
    let pages: PageResponse

    func addRoutes(to routes: inout Routes) {
        routes.get("/billing", cost: .page) { request, context in
            try await page(.transactions, request, context) { try await transactions(request, context, $0) }
        }
        routes.get("/billing/usage", cost: .range) { request, context in
            try await page(.usage, request, context) { try await usage(request, context, $0) }
        }
        routes.post("/billing", use: replace)
        routes.post("/billing/transactions/{id}/email", cost: .page, use: email)
    }

    // MARK: Who is there

    /// Lets a visitor in, and shows every trouble as a page.
    private func page(
        _ tab: PageFrame.Tab,
        _ request: Request,
        _ context: AppContext,
        _ contents: (PageVisitor) async throws -> Response
    ) async throws -> Response {
        let arrival: SessionArrival?
        do {
            arrival = try await authenticator.arrival(request, context, links: links)
        } catch {
            return try trouble(
                error,
                PageFrame(nil, title: "Just a moment", assets: assets),
                tab,
                request,
                context
            )
        }
        switch arrival {
        case .enters(let redirect): return redirect
        case .replaces(let replacement):
            let frame = PageFrame(nil, title: "Another customer", assets: assets)
            return pages.html(ReplacementPage(replacement, frame: frame).html, to: request)
        case .refused(let fault) where fault.reason == .used && !request.isBrowsers: throw APIError.linkUsed
        // The session that the browser is in, if any, is not the one that is over.
        case .refused(let fault): return ended(fault, clearsCookie: false, request, context)
        case nil: break
        }
        let visit: PageVisit
        do {
            visit = try await authenticator.visit(of: request, context)
        } catch let error as APIError where error.status == .tooManyRequests {
            return try trouble(
                error,
                PageFrame(nil, title: "Just a moment", assets: assets),
                tab,
                request,
                context
            )
        }
        switch visit {
        case .nobody: return ended(nil, clearsCookie: false, request, context)
        case .over(let fault): return ended(fault, clearsCookie: true, request, context)
        case .visitor(let visitor):
            do {
                return try await contents(visitor)
            } catch {
                return try trouble(error, frame(tab, visitor), tab, request, context)
            }
        }
    }

    private func ended(
        _ fault: SessionFault?,
        clearsCookie: Bool,
        _ request: Request,
        _ context: AppContext
    ) -> Response {
        let frame = PageFrame(nil, title: "Session ended", assets: assets, returnLink: fault?.returnURL)
        var response = pages.html(
            ProblemPage(ended: fault, frame: frame, requestID: context.requestID).html,
            status: .unauthorized,
            to: request
        )
        // What is good no more need not be sent again.
        if clearsCookie { response.headers[.setCookie] = authenticator.cookie.clearing }
        return response
    }

    /// The visitor agrees to leave one customer's session for another's; see ``SessionReplacement``.
    ///
    /// Without their agreement nothing changes: the page shows what there is.
    @Sendable
    private func replace(_ request: Request, _ context: AppContext) async throws -> Response {
        let page = assets.root + TransactionsView.path
        do {
            let body = try await request.bytes(upTo: 8192, context.bodies)
            var form = try QueryReader(String(decoding: body, as: UTF8.self))
            let token = form.text("session") ?? ""
            _ = try await authenticator.caller(
                of: request,
                needing: .feedRead,
                context,
                formToken: form.text("form_token")
            )
            switch context.secrets.sessions.verdict(onLink: token, now: context.now) {
            case .good(let session, let id):
                guard try await links.useSessionLink(id, until: session.expiresAt, now: context.now) else {
                    let fault = SessionFault(reason: .used, returnURL: session.returnURL)
                    return ended(fault, clearsCookie: false, request, context)
                }
                return authenticator.entering(session, at: page, context)
            case .expired(let session):
                let fault = SessionFault(reason: .expired, returnURL: session.returnURL)
                return ended(fault, clearsCookie: false, request, context)
            case .forged: break
            }
        } catch is APIError {
        } catch {
            let frame = PageFrame(nil, title: "Just a moment", assets: assets)
            return try trouble(error, frame, .transactions, request, context)
        }
        return PageResponse.redirect(to: page)
    }

    private func trouble(
        _ error: any Error,
        _ frame: PageFrame,
        _ tab: PageFrame.Tab,
        _ request: Request,
        _ context: AppContext
    ) throws -> Response {
        let shown: APIError
        switch error {
        case let error as APIError: shown = error
        case let error as StoreError:
            context.logger.error("page not shown", metadata: ["error": "\(error)"])
            shown = .unavailable("Your data cannot be read at this moment. Nothing of it is lost.")
        default: throw error
        }
        let onward = PageLink(tab == .usage ? UsageView.path : TransactionsView.path)
        let page = ProblemPage(
            shown,
            frame: frame,
            requestID: context.requestID,
            onward: onward
        )
        var response = pages.html(page.html, status: shown.status, to: request)
        response.headers[.retryAfter] = shown.headers[.retryAfter]
        return response
    }

    private func frame(_ tab: PageFrame.Tab, _ visitor: PageVisitor) -> PageFrame {
        PageFrame(
            tab,
            assets: assets,
            customer: (try? visitor.customers)?.customers.map(\.label).joined(separator: ", "),
            returnLink: visitor.session?.returnURL
        )
    }

    // MARK: Transactions

    private func transactions(
        _ request: Request,
        _ context: AppContext,
        _ visitor: PageVisitor
    ) async throws -> Response {
        let customers = try visitor.customers
        var query = try QueryReader(request)
        let view = try query.transactionsView()
        let notice: PageNotice.Outcome? = try query.choice("notice")
        try query.finish()

        let filter = view.filter(within: customers.reach, now: context.now)
        let total = try await feed.count(filter)
        guard let page = try await feed.page(filter, cursor: view.cursor, limit: view.perPage) else {
            // The row it was counted from has gone since: from the beginning, then.
            return PageResponse.redirect(to: assets.root + view.link.text)
        }
        var payments: [String: PaymentDetail] = [:]
        for row in page.elements {
            payments[row.id] = try await feed.payment(ofTransaction: row.id, within: customers.reach)
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

    // MARK: Usage

    private func usage(
        _ request: Request,
        _ context: AppContext,
        _ visitor: PageVisitor
    ) async throws -> Response {
        let customers = try visitor.customers
        var query = try QueryReader(request)
        let view = try query.usageView()
        try query.finish()

        let today = CivilDate(context.now)
        let dates = try view.dates(today: today)
        let readings = try await UsagePageReader(feed: feed, usage: usage)
            .readings(customers, view, dates, today: today)
        let model = UsagePage(
            view,
            dates: dates,
            readings: readings,
            customer: customers.named,
            now: context.now,
            frame: frame(.usage, visitor)
        )
        return pages.html(model.html, to: request)
    }

    // MARK: E-mail

    /// A form of the page that was sent without a script: does what the route of the API does, and leads back.
    @Sendable
    private func email(_ request: Request, _ context: AppContext) async throws -> Response {
        var query = try? QueryReader(request)
        // Where it leads back to is no reason not to do it.
        let view = (try? query?.transactionsView()) ?? TransactionsView()
        let outcome: PageNotice.Outcome
        do {
            let body = try await request.bytes(upTo: 4096, context.bodies)
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

extension APIError {
    fileprivate static let linkUsed = unauthorized(
        "session_link_used",
        "This link was used already: it lets in once. Make a new session (POST /v1/customer_sessions)."
    )
}

extension PageVisitor {
    /// Whose page it is.
    fileprivate var customers: CustomerGroup {
        get throws(APIError) {
            guard let customers = try caller.customers(named: nil) else { throw .noSuch("customer") }
            return customers
        }
    }
}
