import Foundation

/// `openssl s_server` on loopback, with a self-signed certificate.
final class OpenSSLServer {
    let port: Int
    private let process: Process

    init(_ certificate: SelfSignedCertificate, arguments: [String] = []) throws {
        let output = Pipe()
        process = try OpenSSL.start(
            [
                "s_server", "-accept", "127.0.0.1:0", "-cert", certificate.file, "-key", certificate.keyFile,
                "-www",
            ]
                + arguments,
            output: output
        )
        // It prints the port it got once it listens.
        var text = ""
        var port: Int?
        while port == nil {
            let data = output.fileHandleForReading.availableData
            guard !data.isEmpty else { throw POSIXError(.ECONNREFUSED) }
            text += String(decoding: data, as: UTF8.self)
            port = text.firstMatch(of: /ACCEPT 127\.0\.0\.1:(\d+)\n/).flatMap { Int($0.1) }
        }
        guard let port else { throw POSIXError(.ECONNREFUSED) }
        self.port = port
    }

    deinit { process.terminate() }
}

struct SelfSignedCertificate {
    let file: String
    let keyFile: String

    /// Made for each process, so it cannot have expired.
    static func make(names: String) throws -> SelfSignedCertificate {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let certificate = SelfSignedCertificate(
            file: folder.appendingPathComponent("certificate.pem").path,
            keyFile: folder.appendingPathComponent("key.pem").path
        )
        let process = try OpenSSL.start([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
            "2",
            "-subj", "/CN=stand-in", "-addext", "subjectAltName=\(names)",
            "-keyout", certificate.keyFile, "-out", certificate.file,
        ])
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw POSIXError(.EINVAL) }
        return certificate
    }
}

private enum OpenSSL {
    static func start(_ arguments: [String], output: Pipe? = nil) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output ?? FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        return process
    }
}
