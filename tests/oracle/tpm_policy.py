"""What a TPM says of the policies that oracle_make_policy computes. Usage: tpm_policy.py TCTI PROGRAM

tpm2-tools name eight registers at most in one policy; here are nine.
"""
import hashlib
import subprocess
import sys

from tpm2_pytss import (ESAPI, ESYS_TR, TPM2_ALG, TPM2_EO, TPM2_NT, TPM2_SE, TPMA_NV, TPM2_RC,
                        TPM2B_DIGEST, TPM2B_NAME, TPM2B_NV_PUBLIC,
                        TPM2B_OPERAND, TPM2B_PUBLIC, TPM2B_SENSITIVE_CREATE, TPML_PCR_SELECTION,
                        TPMS_NV_PUBLIC, TPMT_SIGNATURE, TPMT_SYM_DEF, TSS2_Exception)

PCRS = [0, 1, 2, 3, 4, 7, 9, 11, 12]
SELECTION = 'sha256:' + ','.join(map(str, PCRS))
INDEX = 0x0180746e
REF = b'tdnode-disk-2'
OLD_REF = b'tdnode-disk'
program = sys.argv[2]


def make(*arguments):
    return subprocess.run([program, *map(str, arguments)], check=True, capture_output=True, text=True).stdout.strip()


def check(name, ours, theirs):
    print('ok' if ours == theirs else 'FAIL', name, flush=True)


def session(t, kind):
    return t.start_auth_session(tpm_key=ESYS_TR.NONE, bind=ESYS_TR.NONE, session_type=kind,
                                symmetric=TPMT_SYM_DEF(algorithm=TPM2_ALG.NULL), auth_hash=TPM2_ALG.SHA256)


def approve(t, s, nv, epoch):
    t.policy_pcr(s, TPM2B_DIGEST(), TPML_PCR_SELECTION.parse(SELECTION))
    t.policy_nv(nv, nv, s, TPM2B_OPERAND(epoch.to_bytes(8, 'big')), TPM2_EO.UNSIGNED_LE)
    return bytes(t.policy_get_digest(s)).hex()


def define_counter(t):
    attributes = (TPMA_NV.AUTHREAD | TPMA_NV.AUTHWRITE | TPMA_NV.OWNERREAD | TPMA_NV.OWNERWRITE | TPMA_NV.NO_DA |
                  (TPM2_NT.COUNTER << TPMA_NV.TPM2_NT_SHIFT))
    public = TPM2B_NV_PUBLIC(nvPublic=TPMS_NV_PUBLIC(nvIndex=INDEX, nameAlg=TPM2_ALG.SHA256, attributes=attributes,
                                                     dataSize=8))
    nv = t.nv_define_space(None, public)
    t.nv_increment(nv, nv)
    return nv


def seal(t, parent, policy):
    template = TPM2B_PUBLIC.parse('keyedhash', objectAttributes='fixedtpm|fixedparent|adminwithpolicy|noda',
                                  authPolicy=policy)
    sensitive = TPM2B_SENSITIVE_CREATE()
    sensitive.sensitive.data = b'secret'
    private, public, _, _, _ = t.create(parent, sensitive, template)
    return t.load(parent, private, public), public


def seal_and_open(t, bits, nv):
    name = f'RSA {bits}: '
    public_pem, key_pem = f'public{bits}.pem', f'key{bits}.pem'
    make('public', public_pem, 'public.tpm')
    public, _ = TPM2B_PUBLIC.unmarshal(open('public.tpm', 'rb').read())
    key = t.load_external(public, hierarchy=ESYS_TR.OWNER)
    key_name = bytes(t.tr_get_name(key))
    check(name + 'name of the key', make('name', public_pem), key_name.hex())
    make('sign', 'values', 5, key_pem, f'signature{bits}')
    approved = bytes.fromhex(make('approved', 'values', 5))
    open(f'message{bits}', 'wb').write(approved + REF)
    signature = TPMT_SIGNATURE(sigAlg=TPM2_ALG.RSASSA)
    signature.signature.rsassa.hash = TPM2_ALG.SHA256
    signature.signature.rsassa.sig = open(f'signature{bits}', 'rb').read()
    ticket = t.verify_signature(key, hashlib.sha256(approved + REF).digest(), signature)
    t.flush_context(key)

    def authorize(s):
        approve(t, s, nv, 5)
        t.policy_authorize(s, approved, REF, TPM2B_NAME(key_name), ticket)

    s = session(t, TPM2_SE.POLICY)
    authorize(s)
    policy = bytes(t.policy_get_digest(s))
    check(name + 'its policy', make('authorize', public_pem), policy.hex())
    parent, _, _, _, _ = t.create_primary(TPM2B_SENSITIVE_CREATE(), 'ecc')
    sealed, _ = seal(t, parent, policy)
    check(name + 'the secret opens', bytes(t.unseal(sealed, session1=s)), b'secret')
    for handle in (s, sealed, parent):
        t.flush_context(handle)


def open_old_disk(t, nv):
    """A secret that older versions sealed, opened by a policy that names it: it alone."""
    make('public', 'public2048.pem', 'public.tpm')
    public, _ = TPM2B_PUBLIC.unmarshal(open('public.tpm', 'rb').read())
    key = t.load_external(public, hierarchy=ESYS_TR.OWNER)
    key_name = bytes(t.tr_get_name(key))
    policy = bytes.fromhex(make('authorize-old', 'public2048.pem'))
    parent, _, _, _, _ = t.create_primary(TPM2B_SENSITIVE_CREATE(), 'ecc')
    old, public = seal(t, parent, policy)
    open('old.public', 'wb').write(public.marshal())
    name = bytes(t.tr_get_name(old))
    check('name of an old secret', make('object', 'public2048.pem', 'old.public'), name.hex())
    s = session(t, TPM2_SE.POLICY)
    approve(t, s, nv, 5)
    names = hashlib.sha256(name).digest()
    t.policy_name_hash(s, names)
    approved = bytes(t.policy_get_digest(s))
    check('PolicyPCR, PolicyNV and PolicyNameHash', make('old', 'values', 5, name.hex()), approved.hex())
    t.flush_context(s)
    make('sign', 'values', 5, 'key2048.pem', 'signature-old', name.hex())
    signature = TPMT_SIGNATURE(sigAlg=TPM2_ALG.RSASSA)
    signature.signature.rsassa.hash = TPM2_ALG.SHA256
    signature.signature.rsassa.sig = open('signature-old', 'rb').read()
    ticket = t.verify_signature(key, hashlib.sha256(approved + OLD_REF).digest(), signature)
    t.flush_context(key)

    def opens(sealed, reference):
        s = session(t, TPM2_SE.POLICY)
        approve(t, s, nv, 5)
        t.policy_name_hash(s, names)
        try:
            t.policy_authorize(s, approved, reference, TPM2B_NAME(key_name), ticket)
            return bytes(t.unseal(sealed, session1=s)) == b'secret'
        except TSS2_Exception:
            return False
        finally:
            t.flush_context(s)

    check('the old secret opens', opens(old, OLD_REF), True)
    check('it does not under the reference of today', opens(old, REF), False)
    t.flush_context(old)
    # Sealed to the same policy by somebody else; to the policy of today.
    other, _ = seal(t, parent, policy)
    check('another secret under the old policy does not', opens(other, OLD_REF), False)
    t.flush_context(other)
    today, _ = seal(t, parent, bytes.fromhex(make('authorize', 'public2048.pem')))
    check('a secret of today does not', opens(today, OLD_REF), False)
    for handle in (today, parent):
        t.flush_context(handle)

    # As older versions signed it, of which sign believes who sealed.
    s = session(t, TPM2_SE.POLICY)
    t.policy_pcr(s, TPM2B_DIGEST(), TPML_PCR_SELECTION.parse('sha256:4,9,11,12'))
    t.policy_nv(nv, nv, s, TPM2B_OPERAND((5).to_bytes(8, 'big')), TPM2_EO.UNSIGNED_LE)
    check('the policy of older versions', make('few', 'values', 5), bytes(t.policy_get_digest(s)).hex())
    t.flush_context(s)


def main():
    values = b''
    for pcr in PCRS:
        digest = bytes([pcr + 1]) * 32
        subprocess.run(['tpm2_pcrextend', '-T', sys.argv[1], f'{pcr}:sha256={digest.hex()}'], check=True)
        values += hashlib.sha256(bytes(32) + digest).digest()
    open('values', 'wb').write(values)
    with ESAPI(sys.argv[1]) as t:
        s = session(t, TPM2_SE.POLICY)
        t.policy_pcr(s, TPM2B_DIGEST(), TPML_PCR_SELECTION.parse(SELECTION))
        check('PolicyPCR', make('pcr', 'values'), bytes(t.policy_get_digest(s)).hex())
        t.flush_context(s)
        nv = define_counter(t)
        _, name = t.nv_read_public(nv)
        check('name of the counter', make('counter'), bytes(name).hex())
        check('a new counter counts from 1', bytes(t.nv_read(nv, 8, auth_handle=nv)), bytes([0] * 7 + [1]))
        s = session(t, TPM2_SE.POLICY)
        check('PolicyPCR and PolicyNV', make('approved', 'values', 5), approve(t, s, nv, 5))
        t.flush_context(s)
        for bits in (2048, 3072):
            seal_and_open(t, bits, nv)
        open_old_disk(t, nv)
        t.nv_increment(nv, nv)
        s = session(t, TPM2_SE.POLICY)
        check('the counter may equal the epoch', make('approved', 'values', 2), approve(t, s, nv, 2))
        t.flush_context(s)
        s = session(t, TPM2_SE.POLICY)
        try:
            approve(t, s, nv, 1)
            refused = False
        except TSS2_Exception as e:
            refused = e.error & 0xff == TPM2_RC.POLICY & 0xff
        check('the TPM refuses an epoch below the counter', refused, True)


main()
