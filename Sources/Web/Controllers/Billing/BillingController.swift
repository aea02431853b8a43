import Billing
import HTTPTypes
import Hummingbird
import Storage

/// The Billing & Usage page of one customer, entered with a customer session.
struct BillingController: Sendable {
    let feed: any TransactionFeed
    let usage: any UsageLedger
    let observations: any BalanceObservations
    let links: any SessionLinks
    let authenticator: Authenticator
    let emailer: ReceiptEmailer
    let assets: AssetLinks
    let pages: PageResponse

    func addRoutes(to routes: Routes) {
        routes.get("/billing", cost: .page) { request, context in
            try await page(.transactions, request, context) { try await transactions(request, context, $0) }
        }
        routes.get("/billing/usage", cost: .range) { request, context in
            try await page(.usage, request, context) { try await usage(request, context, $0) }
        }
        routes.post("/billing", use: replace)
        routes.post("/billing/transactions/{id}/email", cost: .page, use: email)
    }

    // MARK: Access

    /// Authenticates the visitor, and shows errors as pages.
    ///
    /// An invalid credential in a header, or a used link outside a browser, is an API error.
    private func page(
        _ tab: PageFrame.Tab,
        _ request: Request,
        _ context: AppContext,
        _ contents: (PageUser) async throws -> Response
    ) async throws -> Response {
        let arrival: SessionRedirect?
        do {
            arrival = try await authenticator.sessionRedirect(request, context, links: links)
        } catch {
            return try trouble(error, nil, tab, request, context)
        }
        switch arrival {
        case .enters(let redirect): return redirect
        case .replaces(let replacement):
            let frame = PageFrame(nil, title: "Another customer", assets: assets)
            return pages.html(ReplacementPage(replacement, frame: frame).html, to: request)
        case .refused(let fault) where fault.reason == .used && !request.isBrowsers: throw APIError.linkUsed
        // The link is refused; the cookie may hold another session that is still valid.
        case .refused(let fault): return ended(fault, clearsCookie: false, request, context)
        case nil: break
        }
        let pageAccess: PageAccess
        do {
            pageAccess = try await authenticator.pageAccess(of: request, context)
        } catch let error as APIError where error.status == .tooManyRequests {
            return try trouble(error, nil, tab, request, context)
        }
        switch pageAccess {
        case .anonymous: return ended(nil, clearsCookie: false, request, context)
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
        // An invalid cookie is cleared, so that the browser does not send it again.
        if clearsCookie { response.headers[.setCookie] = authenticator.cookie.clearing }
        return response
    }

    /// Replaces the browser's session by another customer's, after the visitor agreed; see
    /// ``SessionReplacement``.
    ///
    /// Without the form token the session stays, and the page shows the current customer.
    @Sendable
    private func replace(_ request: Request, _ context: AppContext) async throws -> Response {
        let page = assets.root + TransactionsView.path
        do {
            let body = try await request.bytes(upTo: 8192, context)
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
            return try trouble(error, nil, .transactions, request, context)
        }
        return PageResponse.redirect(to: page)
    }

    /// Shows an error as a page; without a frame, as one of no known customer.
    private func trouble(
        _ error: any Error,
        _ frame: PageFrame?,
        _ tab: PageFrame.Tab,
        _ request: Request,
        _ context: AppContext
    ) throws -> Response {
        let shown: APIError
        switch error {
        case let error as APIError: shown = error
        case let error as UsageRefusal: shown = APIError(error)
        case let error as StoreError:
            context.logger.error("page not shown", metadata: ["error": "\(error)"])
            shown = .unavailable("Your data cannot be read at the moment. Nothing is lost.")
        default: throw error
        }
        let onward = PageLink(tab == .usage ? UsageView.path : TransactionsView.path)
        let page = ProblemPage(
            shown,
            frame: frame ?? PageFrame(nil, title: "Just a moment", assets: assets),
            requestID: context.requestID,
            onward: onward
        )
        var response = pages.html(page.html, status: shown.status, to: request)
        response.headers[.retryAfter] = shown.headers[.retryAfter]
        return response
    }

    func frame(_ tab: PageFrame.Tab, _ visitor: PageUser) -> PageFrame {
        PageFrame(
            tab,
            assets: assets,
            customer: (try? visitor.customers)?.customers.map(\.label).joined(separator: ", "),
            returnLink: visitor.session?.returnURL
        )
    }
}

extension APIError {
    fileprivate static let linkUsed = unauthorized(
        "session_link_used",
        "This link was used already: it works once. Make a new session (POST /v1/customer_sessions)."
    )
}

extension PageUser {
    /// The customers shown on the page.
    var customers: CustomerGroup {
        get throws(APIError) {
            guard let customers = try caller.customers(named: nil) else { throw .notFound("customer") }
            return customers
        }
    }
}
