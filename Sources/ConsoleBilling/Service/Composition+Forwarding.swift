import BackgroundJobs
import HTTPClient
import Storage

extension Daemon {
    /// A worker for each receiver of `FORWARD_TO`.
    func forwardWorkers(store: any Store, transport: CurlTransport) -> [any JobWorker] {
        configuration.forwarding.map { _ in
            ForwardWorker(
                targets: configuration.forwarding,
                livemode: configuration.livemode,
                store: store,
                transport: transport,
                runtime: runtime,
                logger: logger
            )
        }
    }
}
