"""What PostgreSQL says in the languages of its own translations, where a driver drops the SQLSTATE.

Of the French, German, Spanish, Italian, Portuguese and Japanese message catalogues.
"""

from __future__ import annotations

from typing import Final

from hub.domain.failures.classification import MessageRule as Rule
from hub.domain.failures.failure import FailureClass as Is

_SURE: Final = 0.93

LOCALIZED: Final = (
    Rule(
        "constraint-localized",
        Is.DATA_QUALITY,
        _SURE,
        r"""
        (?:llave|clave) duplicada | clé dupliquée | doppelter schlüsselwert | chiave duplicat[ao]
        duplicar valor da chave | valor da chave duplicad | 重複したキー | 一意性制約 | not-null制約
        contrainte (?:unique|de clé étrangère|not null|de vérification)
        restricción (?:de unicidad|de llave|not null|«?check) | verletzt .{0,40}-constraint
        vincolo (?:di unicità|di chiave|not-null) | restrição (?:de unicidade|de chave|não-nula)
        """,
    ),
    Rule(
        "value-localized",
        Is.DATA_QUALITY,
        _SURE,
        r"""
        sintaxis de entrada no es válida | syntaxe en entrée invalide | ungültige eingabesyntax
        sintassi di input non valida | sintaxe de entrada é inválida | 入力構文が不正
        valor es demasiado largo | valeur trop longue | ist zu lang für | valor é muito longo
        valore troppo lungo | fuera de rango | en dehors des limites | ist außerhalb des gültigen
        división (?:por|entre) cero | division par zéro | division durch null | divisão por zero
        """,
    ),
    Rule(
        "column-localized",
        Is.SCHEMA_CONTRACT,
        _SURE,
        r"""
        no existe la columna | la colonne .{1,80}n'existe pas | spalte .{1,80}existiert nicht
        la colonna .{1,80}non esiste | coluna .{1,80}não existe | 列.{1,80}は存在しません
        """,
    ),
    Rule(
        "relation-localized",
        Is.LOGIC,
        _SURE,
        r"""
        no existe la (?:relación|función) | la (?:relation|fonction) .{1,80}n'existe pas
        (?:relation|funktion) .{1,80}existiert nicht | la (?:relazione|funzione) .{1,80}non esiste
        (?:relação|função) .{1,80}não existe | error de sintaxis | erreur de syntaxe | syntaxfehler
        errore di sintassi | erro de sintaxe | 構文エラー
        (?:リレーション|関数).{1,80}は存在しません
        """,
    ),
    Rule(
        "rights-localized",
        Is.ACCESS,
        _SURE,
        r"""
        permiso denegado | droit refusé | keine berechtigung | permesso negato | permissão negada
        autentificación .{0,40}falló | authentification .{0,60}échouée | autenticação .{0,60}falhou
        -authentifizierung .{0,60}fehlgeschlagen | autenticazione .{0,60}fallita
        (?:権限がありません|アクセスが拒否|認証に失敗)
        """,
    ),
    Rule(
        "others-localized",
        Is.INFRA_CONCURRENCY,
        _SURE,
        r"""
        se ha detectado un deadlock | interblocage | verklemmung | デッドロックを検出
        rilevato deadlock | deadlock detectado | detectado um impasse
        """,
    ),
    Rule(
        "connections-localized",
        Is.INFRA_CAPACITY,
        _SURE,
        r"""
        demasiados clientes | trop de clients | zu viele verbindungen | troppi client
        muitos clientes conectados | no queda espacio | plus d'espace disponible
        kein speicherplatz | kein platz auf dem
        """,
    ),
    Rule(
        "line-localized",
        Is.INFRA_NETWORK,
        _SURE,
        r"""
        no se pudo (?:conectar|traducir) | n'a pas pu se connecter | konnte nicht .{0,40}verbinden
        connexion refusée | conexión rehusada | conexão recusada | verbindungsaufbau abgelehnt
        connessione rifiutata | サーバーに接続できません
        """,
    ),
    Rule(
        "time-localized",
        Is.QUERY_LIMIT,
        _SURE,
        r"""
        (?:tiempo|délai) .{0,60}(?:sentencia|instructions?)\b | zeitüberschreitung der anweisung
        délai d'expiration | tempo limite do comando
        """,
    ),
)
