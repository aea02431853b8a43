import HTTPClient
import StripeAPI
import Testing

@Suite(.timeLimit(.minutes(1)))
struct CurlTransportTLSTests {
    @Test func `refuses a certificate that no trusted authority has signed`() async throws {
        let server = try OpenSSLServer(SelfSignedCertificate.make(names: "DNS:localhost"))
        try await withTransport { transport in
            await #expect(throws: TransportError.tls) {
                try await transport.send(TransportRequest(.get, url: "https://localhost:\(server.port)/"))
            }
        }
    }

    @Test func `trusts the configured certificates`() async throws {
        let certificate = try SelfSignedCertificate.make(names: "DNS:localhost")
        let server = try OpenSSLServer(certificate)
        try await withTransport(.init(certificateAuthorityFile: certificate.file)) { transport in
            let request = TransportRequest(.get, url: "https://localhost:\(server.port)/")
            let response = try await transport.send(request)
            #expect(response.status == 200)
        }
    }

    @Test func `refuses a certificate for another host`() async throws {
        let certificate = try SelfSignedCertificate.make(names: "DNS:api.stripe.com")
        let server = try OpenSSLServer(certificate)
        try await withTransport(.init(certificateAuthorityFile: certificate.file)) { transport in
            await #expect(throws: TransportError.tls) {
                try await transport.send(TransportRequest(.get, url: "https://localhost:\(server.port)/"))
            }
        }
    }

    @Test(arguments: [("-tls1_1", false), ("-tls1_2", true), ("-tls1_3", true)])
    func `speaks TLS 1.2 and newer only`(version: String, isSpoken: Bool) async throws {
        let certificate = try SelfSignedCertificate.make(names: "DNS:localhost")
        // Security level 0 is where OpenSSL still offers 1.1.
        let server = try OpenSSLServer(certificate, arguments: [version, "-cipher", "DEFAULT@SECLEVEL=0"])
        try await withTransport(.init(certificateAuthorityFile: certificate.file)) { transport in
            let request = TransportRequest(.get, url: "https://localhost:\(server.port)/")
            if isSpoken {
                let response = try await transport.send(request)
                #expect(response.status == 200)
            } else {
                await #expect(throws: TransportError.tls) { try await transport.send(request) }
            }
        }
    }

    @Test func `a file of certificates that is not there stops the request`() async throws {
        let server = try OpenSSLServer(SelfSignedCertificate.make(names: "DNS:localhost"))
        try await withTransport(.init(certificateAuthorityFile: "/nonexistent/certificates.pem")) {
            transport in
            await #expect(throws: TransportError.tls) {
                try await transport.send(TransportRequest(.get, url: "https://localhost:\(server.port)/"))
            }
        }
    }

    @Test func `does not send to https what answers in plain text`() async throws {
        let server = try RawServer(answering: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        try await withTransport { transport in
            await #expect(throws: TransportError.self) {
                let request = TransportRequest(.get, url: "https://127.0.0.1:\(server.port)/", limits: .hasty)
                _ = try await transport.send(request)
            }
        }
    }
}
