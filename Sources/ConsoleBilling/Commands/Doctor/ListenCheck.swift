/// Checks that the service can listen on its address.
enum ListenCheck {
    /// The address alone is checked while the service runs, because its port is in use then.
    static func result(_ configuration: ServiceConfiguration, isRunning: Bool) -> CheckResult {
        let host = configuration.host
        guard let fault = ListenFault.sentence(host: host, port: isRunning ? 0 : configuration.port) else {
            return .good("listen", "\(host) is an address of this machine.")
        }
        return .bad("listen", fault)
    }
}
