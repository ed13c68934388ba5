prompts-nothing = Dieses Gespräch enthält keine Antwort, die gelernt werden kann. Die letzte Nachricht muss vom Assistenten sein.
prompts-tokenizer-bounds = Der Tokenizer dieses Modells verändert Text an den Grenzen der Nachrichten. Das wird nicht unterstützt. Verwenden Sie ein anderes Modell.
prompts-tokenizer-unreadable = Der Tokenizer dieses Modells ist nicht lesbar. Importieren Sie ein anderes Modell.
prompts-end = Dieses Modell hat kein Token, das eine Antwort beendet. Es würde daher nie aufhören. Verwenden Sie ein anderes Modell.
prompts-prefix = Die Chat-Vorlage des Modells schreibt frühere Nachrichten um, wenn spätere folgen. Daher lassen sich die Antworten des Assistenten nicht abgrenzen. Verwenden Sie Gespräche aus einer Frage und einer Antwort oder ein anderes Modell.
prompts-special = Nachricht { NUMBER($number, useGrouping: 0) } enthält { $token }. Dieses Modell liest das als Steuerzeichen und nicht als Text. Entfernen Sie es.
prompts-role = Eine Nachricht hat eine andere Rolle als { $roles }.
prompts-template-not-allowed = Die Chat-Vorlage des Modells wurde abgelehnt. { $reason } Verwenden Sie ein anderes Modell.
prompts-template-failed = Die Chat-Vorlage des Modells ist an diesem Gespräch gescheitert ({ $error }). Vielleicht unterstützt sie solche Nachrichten nicht, etwa einen System-Prompt. Verwenden Sie ein anderes Modell.
input-no-chat-template = Dieses Modell hat keine Chat-Vorlage und ist daher kein Chat-Modell. Importieren Sie eines (oft heißt es „Instruct“).
input-long-chat-template = Die Chat-Vorlage des Modells ist länger als { NUMBER($max_characters) } Zeichen. Verwenden Sie ein anderes Modell.

# Why a chat template was refused
template-steps = Sie braucht zu viele Schritte.
template-time = Sie braucht zu lange.
template-long-text = Sie erzeugt einen zu langen Text.
template-much-text = Sie gibt zu viel Text aus.
template-large-number = Sie erzeugt eine zu große Zahl.
template-not-plain = Sie verwendet einen Wert, der nicht aus einfachen Daten besteht.
template-range = Sie zählt zu weit.
template-syntax = Sie verwendet { $node }. Chat-Vorlagen brauchen das nicht.
template-attribute = Sie fragt nach einem verbotenen Attribut von { $of }.
template-operator = Sie verwendet { $operator } mit Werten, bei denen das verboten ist.
