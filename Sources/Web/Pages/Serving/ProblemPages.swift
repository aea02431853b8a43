import Hummingbird
import Storage

/// Shows a browser a page in place of an error, on the routes that people open by a link.
struct ProblemPages: Sendable {
    /// The title of the page.
    let title: String
    let assets: AssetLinks
    let pages: PageResponse
    let instruments: WebInstruments

    func orPage(
        _ request: Request,
        _ context: AppContext,
        _ answer: () async throws -> Response
    ) async throws -> Response {
        do {
            return try await answer()
        } catch  where request.isBrowsers && (error is APIError || error is StoreError) {
            let error = error as? APIError ?? .storeUnavailable
            // The middleware counts refused credentials only in errors; this error becomes a page, so it is
            // counted here.
            if [.unauthorized, .forbidden].contains(error.status) {
                instruments.refusedCredentials(error.code)
            }
            return pages.html(
                page(error, context).html,
                status: error.status,
                to: request,
                more: error.headers
            )
        }
    }

    private func page(_ error: APIError, _ context: AppContext) -> ProblemPage {
        let frame = PageFrame(nil, title: title, assets: assets)
        guard error.status == .unauthorized else {
            return ProblemPage(ofLink: error, frame: frame, requestID: context.requestID)
        }
        let fault = SessionFault(reason: .expired, returnURL: nil)
        return ProblemPage(
            ended: error.code == "session_expired" ? fault : nil,
            frame: frame,
            requestID: context.requestID
        )
    }
}
