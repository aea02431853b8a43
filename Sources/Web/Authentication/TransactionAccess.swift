import Billing
import Hummingbird
import Storage

/// Who may open one transaction by a link: a caller with credentials, or anybody with a signed link.
struct TransactionAccess: Sendable {
    let feed: any TransactionFeed
    let authenticator: Authenticator

    /// The payment behind the id in the path.
    ///
    /// - Parameters:
    ///   - request: A request without credentials has to be signed.
    ///   - context: Its time, and the secrets that it began with.
    ///   - purpose: What a signed link must have been made for.
    ///   - parameters: Reads what the route takes besides the signature.
    /// - Returns: The payment, and what `parameters` read.
    /// - Throws: ``APIError``: 403 for a bad link, also beside good credentials; 404 for what is not the caller's.
    func payment<Parameters>(
        _ request: Request,
        _ context: AppContext,
        for purpose: LinkSigner.Purpose,
        parameters: (inout QueryReader) throws -> Parameters
    ) async throws -> (PaymentDetail, Parameters) {
        let id = try context.pathID()
        var query = try QueryReader(request)
        let (expires, signature) = (query.text("expires"), query.text("signature"))
        let read = try parameters(&query)
        try query.finish()

        let maySee: (Transaction) -> Bool
        if expires != nil || signature != nil {
            try check(id, for: purpose, expires: expires ?? "", signature: signature ?? "", context)
            maySee = { _ in true }
        } else {
            let caller = try await authenticator.caller(of: request, needing: .feedRead, context)
            maySee = { caller.maySee(customer: $0.customer) }
        }
        guard let detail = try await feed.payment(ofTransaction: id), maySee(detail.transaction) else {
            throw APIError.noSuch("transaction")
        }
        return (detail, read)
    }

    private func check(
        _ id: String,
        for purpose: LinkSigner.Purpose,
        expires: String,
        signature: String,
        _ context: AppContext
    ) throws(APIError) {
        let links = context.secrets.links
        switch links.verdict(on: id, for: purpose, expires: expires, signature: signature, now: context.now) {
        case .good: return
        case .expired:
            throw APIError(
                .forbidden,
                .permission,
                code: "link_expired",
                "This link has expired. Go back to the list of transactions and open \(purpose.words) from there."
            )
        case .forged:
            throw APIError(
                .forbidden,
                .permission,
                code: "link_invalid",
                "This link is not one of ours, or was altered. Open \(purpose.words) from the list of transactions."
            )
        }
    }
}

extension LinkSigner.Purpose {
    fileprivate var words: String {
        switch self {
        case .receipt: "the receipt"
        case .nextAction: "the payment"
        }
    }
}
