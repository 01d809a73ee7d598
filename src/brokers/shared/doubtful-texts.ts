/** What vendors say when they leave open whether a request was carried out, whatever the code that stands beside it. */

/** True for a text that says that something took too long, or was waited for no longer. */
export function isLate(text: string): boolean {
  return /time ?d? ?-?out(?!side)|deadline exceeded|context cancell?ed|超时|超時|逾時/i.test(text);
}

/** True for a text by which a vendor says only that something failed behind its door, perhaps after the request was taken. */
export function isFaultBehind(text: string): boolean {
  return /\b(?:internal|system|server|service|unknown)[ _](?:is )?(?:temporarily )?(?:error|busy|exception|unavailable)|(?:系[统統]|[内內]部|[服伺][务務]?器?|网络|網絡|未知)(?:[错錯][误誤]|[异異]常|繁?忙|故障|不可用|[无無][响響][应應])/i.test(
    text,
  );
}
