# SPDX-License-Identifier: GPL-3.0-or-later
"""A throwaway certificate authority, and certificates good and bad, from the openssl command."""

import ipaddress
import itertools
import pathlib
import subprocess

_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]  # RSA keys take seconds, these do not


def _openssl(*arguments):
    done = subprocess.run(["openssl", *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"openssl {arguments[0]}: {done.stderr}")


class CertificateAuthority:
    def __init__(self, directory, name="Throwaway CA"):
        self._directory = pathlib.Path(directory)
        self._directory.mkdir(parents=True, exist_ok=True)
        self._serial = itertools.count(2)
        self.file = self._directory / "ca.pem"
        self._key = self._directory / "ca.key"
        _openssl("req", "-x509", *_KEY, "-keyout", self._key, "-out", self.file, "-days", 30, "-subj", f"/CN={name}",
                 "-addext", "keyUsage=critical,keyCertSign,cRLSign")

    def issue(self, *names, expired=False, usage="serverAuth", self_signed=False):
        """(certfile, keyfile) for these names; the first is also the CN. issue('localhost', '127.0.0.1').

        A wrong name is another name given; a wrong issuer is another CertificateAuthority, or none.
        """
        serial = next(self._serial)
        base = self._directory / f"{serial}"
        certificate, key, request = (base.with_suffix(end) for end in (".pem", ".key", ".csr"))
        extensions = base.with_suffix(".ext")
        extensions.write_text(f"basicConstraints=CA:FALSE\nextendedKeyUsage={usage}\nsubjectAltName="
                              + ",".join(map(_alternative, names)) + "\n")
        _openssl("req", "-new", *_KEY, "-keyout", key, "-out", request, "-subj", f"/CN={names[0]}")
        # A negative number of days ends the validity before it began, which every verifier calls expired.
        issuer = ["-signkey", key] if self_signed else ["-CA", self.file, "-CAkey", self._key]
        _openssl("x509", "-req", "-in", request, "-out", certificate, *issuer, "-set_serial", serial,
                 "-days", -1 if expired else 30, "-extfile", extensions)
        return certificate, key


def _alternative(name):
    try:
        return f"IP:{ipaddress.ip_address(name)}"
    except ValueError:
        return f"DNS:{name}"
